"""Add data_key.wrapped_by, the counts of what was sealed, rotations, and field.withheld_number.

Why: a data key is wrapped under a new version of its owner's key without touching what it sealed; nonces
are counted; a rotation that was killed goes on; an earlier reason for withholding does not open in its place.
Locks: data_key and field, exclusively, as long as it takes to note a column with a default (no rewrite).
Undo: drops them. Data keys that were re-wrapped by then open no more: rotate only when this version stays.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
GOING_ON = sa.text("done_at IS NULL")


def upgrade() -> None:
    op.add_column(
        "data_key", sa.Column("wrapped_by", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.add_column(
        "field", sa.Column("withheld_number", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.create_table(
        "sealing_run",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sealing_run"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sealing_count",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("data_key_id", sa.String(length=30), nullable=False),
        sa.Column("taken", BIG, nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        _of_partnership("sealing_count"),
        sa.PrimaryKeyConstraint("id", name="pk_sealing_count"),
    )
    op.create_index("ix_sealing_count_partnership_id", "sealing_count", ["partnership_id"])
    op.create_index("ix_sealing_count_data_key_id", "sealing_count", ["data_key_id"])
    op.create_table(
        "key_rotation",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        _of_partnership("key_rotation"),
        sa.PrimaryKeyConstraint("id", name="pk_key_rotation"),
    )
    op.create_index("ix_key_rotation_partnership_id", "key_rotation", ["partnership_id"])
    op.create_index(
        "uq_key_rotation_going_on",
        "key_rotation",
        ["partnership_id", "owner"],
        unique=True,
        sqlite_where=GOING_ON,
        postgresql_where=GOING_ON,
    )


def downgrade() -> None:
    for table in ("key_rotation", "sealing_count", "sealing_run"):
        op.drop_table(table)
    op.drop_column("field", "withheld_number")
    op.drop_column("data_key", "wrapped_by")


def _of_partnership(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["partnership_id"], ["partnership.id"], name=f"fk_{table}_partnership_id_partnership"
    )
