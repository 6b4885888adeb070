"""Add what names are found by likeness through, and the version of the keys of every index.

Why: people are found although their name is misspelt; index keys can be renewed and the old ones destroyed.
Locks: person_index for a moment (a column with a constant default); else new tables. What is there already is
found exactly as before; for likeness run `conference search reindex`.
Undo: drops them; names are then found exactly only, and rows made under renewed keys not at all.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column(
        "person_index", sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1"))
    )
    op.create_table(
        "index_state",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("building", sa.Integer(), nullable=True),
        sa.Column("upto", sa.String(length=255), nullable=True),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        _key("index_state", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("partnership_id", name="pk_index_state"),
    )
    op.create_table(
        "likeness",
        sa.Column("id", BIG, nullable=False),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column("field_id", sa.String(length=255), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("places", sa.LargeBinary(), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        *(_key("likeness", f"{of}_id", of) for of in ("case", "person", "field", "partnership")),
        sa.PrimaryKeyConstraint("id", name="pk_likeness"),
        sqlite_autoincrement=True,
    )
    for column in ("case_id", "person_id", "field_id", "partnership_id"):
        op.create_index(f"ix_likeness_{column}", "likeness", [column])
    op.create_table(
        "likeness_block",
        sa.Column("label", BIG, autoincrement=False, nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _key("likeness_block", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("label", name="pk_likeness_block"),
    )


def downgrade() -> None:
    for table in ("likeness_block", "likeness", "index_state"):
        op.drop_table(table)
    op.drop_column("person_index", "version")


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")
