"""Two partners, each with a record of their own: what links them, and what each has signed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NOW = sa.text("clock_timestamp()")
AWARE = sa.DateTime(timezone=True)


def upgrade() -> None:
    _personal_pages()
    _couples()
    _invitations()
    _policies()
    _releases()


def _reference(table: str, column: str, to: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{to}"
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=name, ondelete=ondelete)


def _personal_pages() -> None:
    op.create_table(
        "personal_page",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("generation", sa.Integer, server_default="1", nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_personal_page"),
        _reference("personal_page", "person_id", "person", "CASCADE"),
        sa.UniqueConstraint("token_sha256", name="uq_personal_page_token_sha256"),
    )


def _couples() -> None:
    op.create_table(
        "couple",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("a_response_id", sa.Uuid, nullable=False),
        sa.Column("b_response_id", sa.Uuid),
        sa.Column("how_sealed", sa.LargeBinary, nullable=False),
        sa.Column("opened_at", AWARE, server_default=NOW, nullable=False),
        sa.Column("opened_by", sa.Uuid),
        sa.Column("opened_by_name", sa.Text, nullable=False),
        sa.Column("ended_at", AWARE),
        sa.Column("ended_by", sa.Uuid),
        sa.Column("ended_by_name", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_couple"),
        _reference("couple", "a_response_id", "questionnaire_response", "CASCADE"),
        _reference("couple", "b_response_id", "questionnaire_response", "SET NULL"),
        sa.UniqueConstraint("b_response_id", name="uq_couple_b_response_id"),
    )
    op.create_index(
        "uq_couple_a_response_id",
        "couple",
        ["a_response_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _invitations() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("couple_id", sa.Uuid, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.Column("sent_at", AWARE, nullable=False),
        sa.Column("expires_at", AWARE, nullable=False),
        sa.Column("used_at", AWARE),
        sa.Column("taken_back_at", AWARE),
        sa.Column("reminded_at", AWARE),
        sa.Column("noted_at", AWARE),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        _reference("invitation", "couple_id", "couple", "CASCADE"),
        sa.UniqueConstraint("couple_id", name="uq_invitation_couple_id"),
        sa.UniqueConstraint("token_sha256", name="uq_invitation_token_sha256"),
    )
    op.create_index(
        "ix_invitation_due",
        "invitation",
        ["expires_at"],
        postgresql_where=sa.text("noted_at IS NULL"),
    )
    op.create_table(
        "addressee",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("invitation_id", sa.Uuid),
        sa.PrimaryKeyConstraint("person_id", name="pk_addressee"),
        _reference("addressee", "person_id", "person", "CASCADE"),
        _reference("addressee", "invitation_id", "invitation", "SET NULL"),
        sa.UniqueConstraint("invitation_id", name="uq_addressee_invitation_id"),
    )


def _policies() -> None:
    op.create_table(
        "policy_request",
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("asked_at", AWARE, nullable=False),
        sa.Column("asked_by", sa.Uuid, nullable=False),
        sa.Column("asked_by_name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_policy_request"),
        _reference("policy_request", "person_id", "person", "CASCADE"),
    )
    # A ledger: no foreign keys, what was written is sealed, and it only grows.
    op.create_table(
        "policy_signature",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("text_version", sa.Text, nullable=False),
        sa.Column("text_sha256", sa.Text, nullable=False),
        sa.Column("signed_at", AWARE, nullable=False),
        sa.Column("evidence_sealed", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_policy_signature"),
    )
    op.create_index("ix_policy_signature_person_id", "policy_signature", ["person_id"])
    op.execute(
        "CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON policy_signature "
        "FOR EACH ROW EXECUTE FUNCTION only_grows()"
    )


def _releases() -> None:
    op.create_table(
        "joint_release",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("couple_id", sa.Uuid, nullable=False),
        sa.Column("released_at", AWARE, nullable=False),
        sa.Column("released_by", sa.Uuid, nullable=False),
        sa.Column("released_by_name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary, nullable=False),
        sa.Column("told_at", AWARE),
        sa.Column("withdrawn_at", AWARE),
        sa.Column("withdrawn_by", sa.Uuid),
        sa.Column("withdrawn_by_name", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_joint_release"),
        _reference("joint_release", "couple_id", "couple", "CASCADE"),
    )
    op.create_index(
        "uq_joint_release_couple_id",
        "joint_release",
        ["couple_id"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "joint_permission",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("release_id", sa.Uuid, nullable=False),
        sa.Column("response_id", sa.Uuid, nullable=False),
        sa.Column("token_sha256", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_joint_permission"),
        _reference("joint_permission", "release_id", "joint_release", "CASCADE"),
        _reference("joint_permission", "response_id", "questionnaire_response", "CASCADE"),
        sa.UniqueConstraint("token_sha256", name="uq_joint_permission_token_sha256"),
        sa.UniqueConstraint(
            "release_id", "response_id", name="uq_joint_permission_release_id_response_id"
        ),
    )
