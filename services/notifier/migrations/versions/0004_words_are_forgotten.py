"""What was said is forgotten after 30 days, and that it was said after 13 months."""

from alembic import op

revision = "notifier_0004"
down_revision = "notifier_0003"

# Evidence stays what it was, but for its words and its age. The periods stand here, too, so that no
# mistake in a job can take anything earlier.
REFUSE_CHANGE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD) - 'said_sealed' - 'answer_sealed';
    written timestamptz := coalesce(
        before ->> 'opened_at', before ->> 'at', before ->> 'received_at'
    )::timestamptz;
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF written < clock_timestamp() - interval '13 months' THEN
            RETURN OLD;
        END IF;
    ELSIF written < clock_timestamp() - interval '30 days'
        AND before = to_jsonb(NEW) - 'said_sealed' - 'answer_sealed'
        AND coalesce(to_jsonb(NEW) ->> 'said_sealed', '\\x') = '\\x'
        AND to_jsonb(NEW) ->> 'answer_sealed' IS NULL
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    op.execute(REFUSE_CHANGE)
