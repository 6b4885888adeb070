"""Add the keys that seal what an agency holds about somebody, themselves wrapped.

Why: a value is sealed before there is any; the keys that wrap these are in the key file, not here.
Locks: none, new tables.  Undo: drops them with what they hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_key",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("subjects", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(length=5), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint("purpose IN ('field', 'body')", name=op.f("ck_data_key_purpose")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_data_key_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_key")),
    )
    op.create_index(op.f("ix_data_key_partnership_id"), "data_key", ["partnership_id"], unique=False)
    op.create_index(
        "uq_data_key_current",
        "data_key",
        ["partnership_id", "owner", "purpose", "subjects"],
        unique=True,
        postgresql_where=sa.text("current"),
        sqlite_where=sa.text("current"),
    )


def downgrade() -> None:
    op.drop_table("data_key")
