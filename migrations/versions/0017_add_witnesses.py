"""Add witnesses, their cosignatures, tokens for an agency's copy, and epochs of the log.

Why: agencies' own machines see that the log only grows, and a log that lost its end goes on in the open.
Locks: none, new tables.  Undo: drops them; cosignatures are then gone, and a second epoch's name with them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAME = "partnership_id = NEW.partnership_id"
# Table, and what makes a row the same row as another.
KEPT = {
    "log_cosignature": (f"{_SAME} AND witness_id = NEW.witness_id AND size = NEW.size AND time = NEW.time",),
    "log_refusal": ("id = NEW.id",),
    "log_meeting": (f"{_SAME} AND meeting_id = NEW.meeting_id",),
    "log_epoch": (f"{_SAME} AND number = NEW.number", "event_id = NEW.event_id"),
}


def upgrade() -> None:
    _witnesses()
    _seen()
    op.create_table(
        "log_token",
        sa.Column("id", sa.String(length=44), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        _key("log_token", "agency_id", "agency"),
        _key("log_token", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("id", name="pk_log_token"),
        sa.UniqueConstraint("digest", name="uq_log_token_digest"),
    )
    op.create_index("ix_log_token_partnership_id", "log_token", ["partnership_id"])
    op.create_table(
        "log_epoch",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("held", BIG, nullable=False),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("before_key", sa.Text(), nullable=False),
        sa.Column("upto", BIG, nullable=False),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        sa.Column("approved_by", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        _key("log_epoch", "event_id", "log_event"),
        _key("log_epoch", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("partnership_id", "number", name="pk_log_epoch"),
        sa.UniqueConstraint("event_id", name="uq_log_epoch_event_id"),
    )
    _refuse()


def downgrade() -> None:
    for table in ("log_epoch", "log_token", "log_meeting", "log_asked", "log_refusal", "log_cosignature"):
        op.drop_table(table)
    op.drop_table("log_witness")


def _witnesses() -> None:
    op.create_table(
        "log_witness",
        sa.Column("id", sa.String(length=44), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        _key("log_witness", "agency_id", "agency"),
        _key("log_witness", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("id", name="pk_log_witness"),
        sa.UniqueConstraint("partnership_id", "vkey", name="uq_log_witness_partnership_id_vkey"),
    )
    op.create_index("ix_log_witness_partnership_id", "log_witness", ["partnership_id"])
    op.create_table(
        "log_asked",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("witness_id", sa.String(length=44), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("log_asked", "witness_id", "log_witness"),
        _key("log_asked", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("partnership_id", "witness_id", name="pk_log_asked"),
    )


def _seen() -> None:
    op.create_table(
        "log_cosignature",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("witness_id", sa.String(length=44), nullable=False),
        sa.Column("size", BIG, autoincrement=False, nullable=False),
        sa.Column("time", BIG, autoincrement=False, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("log_cosignature", "witness_id", "log_witness"),
        _key("log_cosignature", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("partnership_id", "witness_id", "size", "time", name="pk_log_cosignature"),
    )
    op.create_index("ix_log_cosignature_size", "log_cosignature", ["partnership_id", "size"])
    op.create_table(
        "log_refusal",
        sa.Column("id", sa.String(length=44), nullable=False),
        sa.Column("witness_id", sa.String(length=44), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("theirs", BIG, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        _key("log_refusal", "witness_id", "log_witness"),
        _key("log_refusal", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("id", name="pk_log_refusal"),
    )
    op.create_index("ix_log_refusal_partnership_id", "log_refusal", ["partnership_id"])
    op.create_table(
        "log_meeting",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("meeting_id", sa.String(length=44), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("since", BIG, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("log_meeting", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("partnership_id", "meeting_id", name="pk_log_meeting"),
    )


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def _refuse() -> None:
    for table, same in KEPT.items():
        if op.get_bind().dialect.name == "sqlite":
            refuse = f"SELECT RAISE(ABORT, '{table} is append-only');"
            there = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in same)  # noqa: S608
            op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refuse} END")
            op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse} END")
            op.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} BEGIN {refuse} END"
            )
        else:
            each = "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            op.execute(f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} {each}")
            op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {each}")
