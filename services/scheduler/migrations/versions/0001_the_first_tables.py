"""The first tables: staff and their hours, invitations, appointments and their history."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.migrations import create_shared_tables

revision = "0001"
down_revision = None

LIVE = "status IN ('proposed', 'pending', 'booked', 'arrived', 'fulfilled')"


def upgrade() -> None:
    create_shared_tables()
    _people()
    _hours()
    _bookings()
    _history()
    _accounts()


def _id(kind: type[sa.Uuid[Any] | sa.BigInteger]) -> sa.Column[object]:
    identity = [sa.Identity()] if kind is sa.BigInteger else []
    return sa.Column("id", kind(), *identity, nullable=False)


def _at(name: str, *, default: str | None = None, nullable: bool = False) -> sa.Column[object]:
    server_default = sa.text(default) if default else None
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=server_default, nullable=nullable
    )


def _people() -> None:
    op.create_table(
        "practitioner",
        _id(sa.Uuid),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("credentials", sa.Text, server_default="", nullable=False),
        sa.Column("about", sa.Text, server_default="", nullable=False),
        sa.Column("states", postgresql.ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("video_room", sa.Text),
        _at("created_at", default="now()"),
        _at("left_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_practitioner"),
    )
    op.create_table(
        "contact_copy",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("known_version", sa.Integer, nullable=False),
        sa.Column("contact_sealed", sa.LargeBinary, nullable=False),
        _at("fetched_at", default="now()"),
        sa.PrimaryKeyConstraint("person_id", name="pk_contact_copy"),
    )
    op.create_index(
        "ix_contact_copy_stale",
        "contact_copy",
        ["person_id"],
        postgresql_where=sa.text("known_version > version"),
    )


def _hours() -> None:
    op.create_table(
        "schedule",
        _id(sa.BigInteger),
        sa.Column("practitioner_id", sa.Uuid, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_schedule"),
        sa.UniqueConstraint("practitioner_id", name="uq_schedule_practitioner_id"),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name="fk_schedule_practitioner_id_practitioner",
        ),
    )
    op.create_table(
        "availability",
        _id(sa.BigInteger),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("weekday", sa.SmallInteger, nullable=False),
        sa.Column("starts", sa.Time, nullable=False),
        sa.Column("ends", sa.Time, nullable=False),
        sa.Column("overnight", sa.Boolean, server_default="false", nullable=False),
        sa.Column("since", sa.Date),
        sa.Column("until", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_availability"),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_availability_weekday")),
        sa.CheckConstraint("overnight OR starts < ends", name=op.f("ck_availability_order")),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedule.id"],
            name="fk_availability_schedule_id_schedule",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_availability_schedule_id", "availability", ["schedule_id"])
    op.create_table(
        "date_override",
        _id(sa.BigInteger),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("starts", sa.Time),
        sa.Column("ends", sa.Time),
        sa.Column("overnight", sa.Boolean, server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_date_override"),
        sa.CheckConstraint("(starts IS NULL) = (ends IS NULL)", name=op.f("ck_date_override_both")),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedule.id"],
            name="fk_date_override_schedule_id_schedule",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_date_override_schedule_id_day", "date_override", ["schedule_id", "day"])


def _bookings() -> None:
    op.create_table(
        "appointment_type",
        _id(sa.BigInteger),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("duration", sa.Interval, nullable=False),
        sa.Column("step", sa.Interval, nullable=False),
        sa.Column("buffer_before", sa.Interval, nullable=False),
        sa.Column("buffer_after", sa.Interval, nullable=False),
        sa.Column("notice", sa.Interval),
        sa.Column("horizon", sa.Interval, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_appointment_type"),
        sa.UniqueConstraint("code", name="uq_appointment_type_code"),
    )
    op.create_table(
        "invitation",
        _id(sa.Uuid),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("appointment_type_id", sa.BigInteger, nullable=False),
        sa.Column("timezone", sa.Text),
        sa.Column("chosen_timezone", sa.Text),
        _at("created_at", default="now()"),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("token_sha256", name="uq_invitation_token_sha256"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["contact_copy.person_id"], name="fk_invitation_person_id_contact_copy"
        ),
        sa.ForeignKeyConstraint(
            ["appointment_type_id"],
            ["appointment_type.id"],
            name="fk_invitation_appointment_type_id_appointment_type",
        ),
    )
    op.create_index("ix_invitation_person_id", "invitation", ["person_id"])
    _appointment()
    op.create_table(
        "participant",
        _id(sa.BigInteger),
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("generation", sa.Integer, server_default="0", nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("how", sa.Text, server_default="phone", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_participant"),
        sa.UniqueConstraint("token_sha256", name="uq_participant_token_sha256"),
        sa.UniqueConstraint(
            "appointment_id", "person_id", name="uq_participant_appointment_id_person_id"
        ),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
            name="fk_participant_appointment_id_appointment",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_participant_appointment_id", "participant", ["appointment_id"])
    op.create_index("ix_participant_person_id", "participant", ["person_id"])


def _appointment() -> None:
    op.create_table(
        "appointment",
        _id(sa.Uuid),
        sa.Column("schedule_id", sa.BigInteger, nullable=False),
        sa.Column("appointment_type_id", sa.BigInteger, nullable=False),
        sa.Column("invitation_id", sa.Uuid),
        sa.Column("during", postgresql.TSTZRANGE, nullable=False),
        sa.Column("buffer_before", sa.Interval, nullable=False),
        sa.Column("buffer_after", sa.Interval, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, server_default="0", nullable=False),
        sa.Column("uid", sa.Text, nullable=False),
        _at("hold_until", nullable=True),
        _at("created_at", default="now()"),
        _at("changed_at", default="now()"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
        sa.UniqueConstraint("uid", name="uq_appointment_uid"),
        sa.CheckConstraint(
            "status IN ('proposed', 'pending', 'booked', 'arrived', 'fulfilled', 'cancelled', "
            "'noshow')",
            name=op.f("ck_appointment_status"),
        ),
        sa.CheckConstraint(
            "(status = 'proposed') = (hold_until IS NOT NULL)", name=op.f("ck_appointment_hold")
        ),
        sa.CheckConstraint(
            "lower_inc(during) AND NOT upper_inc(during) AND "
            "upper(during) - lower(during) BETWEEN interval '1 minute' AND interval '1 day'",
            name=op.f("ck_appointment_half_open"),
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedule.id"], name="fk_appointment_schedule_id_schedule"
        ),
        sa.ForeignKeyConstraint(
            ["appointment_type_id"],
            ["appointment_type.id"],
            name="fk_appointment_appointment_type_id_appointment_type",
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitation.id"], name="fk_appointment_invitation_id_invitation"
        ),
        # The proof that nobody is booked twice. Without btree_gist there is no `=` in a gist
        # index, so the clinician is compared as a range that holds one number.
        postgresql.ExcludeConstraint(
            (sa.text("int8range(schedule_id, schedule_id, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            where=sa.text(LIVE),
            using="gist",
            name="ex_appointment_overlap",
        ),
    )
    live = sa.text(LIVE)
    op.create_index(
        "uq_appointment_invitation_id",
        "appointment",
        ["invitation_id"],
        unique=True,
        postgresql_where=live,
    )
    op.create_index(
        "ix_appointment_schedule_id_starts",
        "appointment",
        ["schedule_id", sa.text("lower(during)")],
        postgresql_where=live,
    )
    op.create_index(
        "ix_appointment_hold_until",
        "appointment",
        ["hold_until"],
        postgresql_where=sa.text("status = 'proposed'"),
    )


def _history() -> None:
    op.create_table(
        "appointment_history",
        _id(sa.BigInteger),
        sa.Column("appointment_id", sa.Uuid, nullable=False),
        _at("at", default="clock_timestamp()"),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("status_before", sa.Text),
        sa.Column("status_after", sa.Text, nullable=False),
        sa.Column("during_before", postgresql.TSTZRANGE),
        sa.Column("during_after", postgresql.TSTZRANGE, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_appointment_history"),
    )
    op.create_index(
        "ix_appointment_history_appointment_id", "appointment_history", ["appointment_id"]
    )
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'history is only added to'; END $$"
    )
    op.execute(
        "CREATE TRIGGER appointment_history_stays BEFORE UPDATE OR DELETE ON appointment_history "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER appointment_history_is_kept BEFORE TRUNCATE ON appointment_history "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _accounts() -> None:
    op.create_table(
        "staff_account",
        _id(sa.Uuid),
        sa.Column("practitioner_id", sa.Uuid),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("email_sealed", sa.LargeBinary, nullable=False),
        sa.Column("email_index", sa.LargeBinary, nullable=False),
        sa.Column("password_hash", sa.Text),
        _at("created_at", default="now()"),
        _at("closed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_staff_account"),
        sa.UniqueConstraint("email_index", name="uq_staff_account_email_index"),
        sa.UniqueConstraint("practitioner_id", name="uq_staff_account_practitioner_id"),
        sa.CheckConstraint(
            "role IN ('owner', 'clinician', 'front_desk')", name=op.f("ck_staff_account_role")
        ),
        sa.ForeignKeyConstraint(
            ["practitioner_id"],
            ["practitioner.id"],
            name="fk_staff_account_practitioner_id_practitioner",
        ),
    )
    op.create_table(
        "staff_session",
        _id(sa.Uuid),
        sa.Column("account_id", sa.Uuid, nullable=False),
        _at("created_at", default="now()"),
        _at("seen_at"),
        _at("expires_at"),
        _at("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_staff_session"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["staff_account.id"], name="fk_staff_session_account_id_staff_account"
        ),
    )
    op.create_index("ix_staff_session_account_id", "staff_session", ["account_id"])
    op.create_table(
        "staff_link",
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid),
        _at("created_at", default="now()"),
        _at("expires_at"),
        _at("used_at", nullable=True),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_staff_link"),
        sa.CheckConstraint(
            "purpose IN ('first-run', 'welcome', 'sign-in')", name=op.f("ck_staff_link_purpose")
        ),
        sa.CheckConstraint(
            "(purpose = 'first-run') = (account_id IS NULL)", name=op.f("ck_staff_link_account")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["staff_account.id"], name="fk_staff_link_account_id_staff_account"
        ),
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        _at("failed_at"),
        _at("blocked_until", nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_throttle"),
    )
