"""Add the empty parts of a leaf as one row, and where the last look at the whole log ended.

Why: an event of fifteen agencies is stored with few rows; a start looks at what came after the last look.
Locks: none, new tables.  Undo: drops them. Events logged meanwhile lose what opens their empty parts; their
other parts, leaves and proofs stay.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KEPT = {
    "log_empty": "partnership_id = NEW.partnership_id AND event_id = NEW.event_id",
    "log_standing": "partnership_id = NEW.partnership_id AND n = NEW.n",
}


def upgrade() -> None:
    op.create_table(
        "log_empty",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["log_event.id"], name=op.f("fk_log_empty_event_id_log_event")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_log_empty_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "event_id", name=op.f("pk_log_empty")),
    )
    op.create_table(
        "log_standing",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("n", _BIG, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_log_standing_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "n", name=op.f("pk_log_standing")),
    )
    refuse = _refuse_on_sqlite if op.get_bind().dialect.name == "sqlite" else _refuse_on_postgresql
    for table, same in KEPT.items():
        refuse(table, same)


def downgrade() -> None:
    for table in KEPT:
        op.drop_table(table)


def _refuse_on_sqlite(table: str, same: str) -> None:
    refuse = f"SELECT RAISE(ABORT, '{table} is append-only');"
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608 - ours
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refuse} END")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse} END")
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} BEGIN {refuse} END")


def _refuse_on_postgresql(table: str, _same: str) -> None:
    refuse = "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    op.execute(f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {refuse}")
