"""What the three services' migrations share: running them, and the tables that all have."""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command, context, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, create_engine, make_url

from shared.vocabulary import Service

_SERVICES_FOLDER: Final = Path(__file__).parent.parent / "services"


class NewerDatabase(RuntimeError):
    """The database was migrated by a newer version of Softstart than this one."""


def _config(service: Service) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SERVICES_FOLDER / service / "migrations"))
    return config


def upgrade(service: Service, url: str, *, to: str = "head") -> None:
    """Bring the service's schema up to date, as the service's own role. Raises NewerDatabase.

    `to` is a revision as Alembic names them; only tests stop before the last.
    """
    config = _config(service)
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            # Two starting processes take turns instead of racing for the same table.
            connection.execute(
                sa.text("SELECT pg_advisory_xact_lock(hashtext('softstart.migrate'))")
            )
            _refuse_newer(service, config, connection)
            config.attributes["connection"] = connection
            command.upgrade(config, to)
    finally:
        engine.dispose()


def _refuse_newer(service: Service, config: Config, connection: Connection) -> None:
    scripts = ScriptDirectory.from_config(config)
    for revision in MigrationContext.configure(connection).get_current_heads():
        try:
            scripts.get_revision(revision)
        except CommandError:
            raise NewerDatabase(
                f"The database is of a newer version of Softstart ({service} {revision}). "
                "Run that version, or restore a backup from before the upgrade."
            ) from None


def run_env() -> None:
    """The body of each service's `migrations/env.py`: run in the caller's transaction."""
    connection: Connection = context.config.attributes["connection"]
    connection.execute(sa.text("SET LOCAL lock_timeout = '4s'"))
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()


def create_shared_tables() -> None:
    """outbox, inbox and subject_key, as `shared.messaging.tables` and `shared.crypto` map them."""
    now = sa.text("now()")
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("envelope", JSONB, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("attempts", sa.Integer, server_default="0", nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("event_id", "queue", name="uq_outbox_event_id_queue"),
    )
    op.create_index(
        "ix_outbox_due_at",
        "outbox",
        ["due_at"],
        postgresql_where=sa.text("acknowledged_at IS NULL"),
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_inbox"),
    )
    op.create_table(
        "subject_key",
        sa.Column("subject_id", sa.Uuid, nullable=False),
        sa.Column("key_version", sa.SmallInteger, nullable=False),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("destroyed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("subject_id", name="pk_subject_key"),
    )


def create_practice_facts() -> None:
    """Who the practice is, as `shared.practice` maps it."""
    op.create_table(
        "practice_facts",
        sa.Column("id", sa.Integer, server_default="1", nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("name", "neutral_sender", "phone", "timezone")
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_practice_facts"),
        sa.CheckConstraint("id = 1", name="ck_practice_facts_one"),
    )
