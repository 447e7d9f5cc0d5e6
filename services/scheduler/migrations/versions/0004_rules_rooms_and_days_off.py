"""What a practice decides about its time: rooms, caps, days off, blocked time, who gives what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSTZRANGE

revision = "0004"
down_revision = "0003"

LIVE = "status IN ('proposed', 'pending', 'booked', 'arrived', 'fulfilled')"


def upgrade() -> None:
    op.execute("CREATE SEQUENCE schedule_version")
    _location()
    _room()
    _practice_rules()
    _practitioner()
    _appointment_type()
    _availability()
    _appointment()
    _appointment_history()
    _type_offered()
    _time_off()
    _time_change()
    _schedule()
    _no_room_twice()
    _versions()


def _location() -> None:
    op.create_table(
        "location",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("address", sa.Text, server_default="", nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("name", name=op.f("uq_location_name")),
    )


def _room() -> None:
    op.create_table(
        "room",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("location_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_room_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("location_id", "name", name=op.f("uq_room_location_id_name")),
    )


def _practice_rules() -> None:
    op.create_table(
        "practice_rules",
        sa.Column("id", sa.Integer, server_default="1", nullable=False),
        sa.Column(
            "version",
            sa.BigInteger,
            server_default=sa.text("nextval('schedule_version')"),
            nullable=False,
        ),
        sa.Column("holidays", sa.Text),
        sa.Column("worked", sa.ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_practice_rules_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_rules")),
    )


def _practitioner() -> None:
    op.add_column(
        "practitioner", sa.Column("sees_couples", sa.Boolean, server_default="true", nullable=False)
    )


def _appointment_type() -> None:
    op.add_column("appointment_type", sa.Column("cancel_notice", sa.Interval))
    op.add_column("appointment_type", sa.Column("move_notice", sa.Interval))
    op.add_column(
        "appointment_type",
        sa.Column("in_person", sa.Boolean, server_default="false", nullable=False),
    )
    op.add_column(
        "appointment_type", sa.Column("for_two", sa.Boolean, server_default="false", nullable=False)
    )
    op.add_column(
        "appointment_type",
        sa.Column("staff_only", sa.Boolean, server_default="false", nullable=False),
    )
    op.add_column(
        "appointment_type", sa.Column("confirm", sa.Boolean, server_default="false", nullable=False)
    )
    op.add_column("appointment_type", sa.Column("cap_per_day", sa.Integer))
    op.add_column("appointment_type", sa.Column("cap_per_week", sa.Integer))
    op.add_column("appointment_type", sa.Column("ended_at", sa.DateTime(timezone=True)))


def _availability() -> None:
    op.add_column("availability", sa.Column("appointment_type_id", sa.BigInteger))
    op.add_column("availability", sa.Column("location_id", sa.BigInteger))
    op.create_foreign_key(
        op.f("fk_availability_location_id_location"),
        "availability",
        "location",
        ["location_id"],
        ["id"],
    )
    op.create_foreign_key(
        op.f("fk_availability_appointment_type_id_appointment_type"),
        "availability",
        "appointment_type",
        ["appointment_type_id"],
        ["id"],
    )


def _appointment() -> None:
    op.add_column("appointment", sa.Column("room_id", sa.BigInteger))
    op.add_column("appointment", sa.Column("reason", sa.Text))
    op.add_column("appointment", sa.Column("renewed_at", sa.DateTime(timezone=True)))
    op.create_foreign_key(
        op.f("fk_appointment_room_id_room"), "appointment", "room", ["room_id"], ["id"]
    )


def _appointment_history() -> None:
    op.add_column("appointment_history", sa.Column("reason", sa.Text))


def _type_offered() -> None:
    op.create_table(
        "type_offered",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("appointment_type_id", sa.BigInteger, nullable=False),
        sa.Column("offered", sa.Boolean, server_default="true", nullable=False),
        sa.Column("weight", sa.SmallInteger, server_default="1", nullable=False),
        sa.CheckConstraint("weight BETWEEN 1 AND 100", name=op.f("ck_type_offered_weight")),
        sa.ForeignKeyConstraint(
            ["appointment_type_id"],
            ["appointment_type.id"],
            name=op.f("fk_type_offered_appointment_type_id_appointment_type"),
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedule.id"],
            name=op.f("fk_type_offered_schedule_id_schedule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_type_offered")),
        sa.UniqueConstraint(
            "schedule_id",
            "appointment_type_id",
            name=op.f("uq_type_offered_schedule_id_appointment_type_id"),
        ),
    )


def _time_off() -> None:
    op.create_table(
        "time_off",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_time_off_order")),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedule.id"],
            name=op.f("fk_time_off_schedule_id_schedule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_off")),
    )
    op.create_index(op.f("ix_time_off_last_day"), "time_off", ["last_day"])
    op.create_index(op.f("ix_time_off_schedule_id"), "time_off", ["schedule_id"])


def _time_change() -> None:
    op.create_table(
        "time_change",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("during", TSTZRANGE(), nullable=False),
        sa.Column("opens", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, server_default="", nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "lower_inc(during) AND NOT upper_inc(during) AND NOT isempty(during)",
            name=op.f("ck_time_change_half_open"),
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedule.id"],
            name=op.f("fk_time_change_schedule_id_schedule"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_time_change")),
    )
    op.create_index(op.f("ix_time_change_schedule_id"), "time_change", ["schedule_id"])


def _schedule() -> None:
    op.add_column("schedule", sa.Column("cap_per_day", sa.Integer))
    op.add_column("schedule", sa.Column("cap_per_week", sa.Integer))
    op.alter_column(
        "schedule",
        "version",
        existing_type=sa.INTEGER(),
        type_=sa.BigInteger,
        existing_nullable=False,
        existing_server_default=sa.text("0"),
    )


def _no_room_twice() -> None:
    op.execute(
        "ALTER TABLE appointment ADD CONSTRAINT ex_appointment_room_overlap EXCLUDE USING gist "
        "(int8range(room_id, room_id, '[]') WITH &&, during WITH &&) "
        f"WHERE (room_id IS NOT NULL AND {LIVE})"
    )


def _versions() -> None:
    """A new number from one sequence whenever something changes what can be booked.

    Of triggers, since a version that one of many writers forgets to raise would offer what is
    gone. A sequence, since its numbers are never given again, not even after a rollback.
    """
    op.execute("UPDATE schedule SET version = nextval('schedule_version')")
    op.alter_column("schedule", "version", server_default=sa.text("nextval('schedule_version')"))
    op.execute("INSERT INTO practice_rules DEFAULT VALUES")
    op.execute("UPDATE appointment_type SET for_two = true WHERE code = 'couple-session'")
    _trigger_function(
        "schedule_changed",
        "IF TG_OP <> 'INSERT' AND OLD.schedule_id IS NOT NULL THEN "
        "UPDATE schedule SET version = nextval('schedule_version') WHERE id = OLD.schedule_id; "
        "END IF; "
        "IF TG_OP <> 'DELETE' AND NEW.schedule_id IS NOT NULL THEN "
        "UPDATE schedule SET version = nextval('schedule_version') WHERE id = NEW.schedule_id; "
        "END IF; RETURN NULL;",
    )
    for table in ("availability", "date_override", "type_offered", "time_off", "time_change"):
        _trigger(f"AFTER INSERT OR UPDATE OR DELETE ON {table}", table, "schedule_changed")
    _trigger_function(
        "practice_changed",
        "UPDATE practice_rules SET version = nextval('schedule_version'); RETURN NULL;",
    )
    for table in ("time_off", "appointment_type", "location", "room"):
        _trigger(f"AFTER INSERT OR UPDATE OR DELETE ON {table}", table, "practice_changed")
    _trigger_function(
        "practitioner_changed",
        "UPDATE schedule SET version = nextval('schedule_version') "
        "WHERE practitioner_id = NEW.id; RETURN NULL;",
    )
    _trigger("AFTER UPDATE ON practitioner", "practitioner", "practitioner_changed")
    _trigger_function("new_version", "NEW.version = nextval('schedule_version'); RETURN NEW;")
    _trigger("BEFORE UPDATE ON schedule", "schedule", "new_version")
    _trigger("BEFORE UPDATE ON practice_rules", "practice_rules", "new_version")


def _trigger_function(name: str, body: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    )


def _trigger(when: str, table: str, function: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{function} {when} FOR EACH ROW EXECUTE FUNCTION {function}()"
    )
