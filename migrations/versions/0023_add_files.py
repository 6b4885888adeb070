"""Add attachment, document_copy and file_chunk.

Why: an agency puts files on its own records, and shares redacted copies of them; all in sealed chunks.
Locks: none, new tables.  Undo: drops them, and with them every file and every copy.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

WAITS = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "attachment",
        _text("field_id"),
        _text("case_id"),
        _text("owner"),
        _text("media"),
        _number("size"),
        _text("state"),
        _text("fault", nullable=True),
        _number("pages"),
        sa.Column("scanned", sa.Boolean(), nullable=False),
        _text("copy_id", nullable=True),
        sa.Column("marks", sa.LargeBinary(), nullable=True),
        _number("marks_number"),
        *_worked_on(),
        *_keys("attachment", "field", "case"),
        sa.PrimaryKeyConstraint("field_id", name="pk_attachment"),
    )
    op.create_table(
        "document_copy",
        _text("id"),
        _text("field_id"),
        _text("case_id"),
        _text("owner"),
        _text("state"),
        _text("fault", nullable=True),
        _number("fault_page", nullable=True),
        _number("pages"),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        *_worked_on(),
        *_keys("document_copy", "field", "case"),
        sa.PrimaryKeyConstraint("id", name="pk_document_copy"),
    )
    op.create_table(
        "file_chunk",
        _text("file_id"),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        _text("field_id"),
        _text("case_id"),
        _text("owner"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _partnership(),
        *_keys("file_chunk", "field", "case"),
        sa.PrimaryKeyConstraint("file_id", "number", name="pk_file_chunk"),
    )
    for table in ("attachment", "document_copy"):
        op.create_index(f"ix_{table}_case_id", table, ["case_id"])
        op.create_index(f"ix_{table}_waiting", table, ["state"], sqlite_where=WAITS, postgresql_where=WAITS)
    for table in ("document_copy", "file_chunk"):
        op.create_index(f"ix_{table}_field_id", table, ["field_id"])
    for table in ("attachment", "document_copy", "file_chunk"):
        op.create_index(f"ix_{table}_partnership_id", table, ["partnership_id"])


def downgrade() -> None:
    for table in ("file_chunk", "document_copy", "attachment"):
        op.drop_table(table)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=255), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _partnership() -> sa.Column[str]:
    return sa.Column("partnership_id", sa.String(length=64), nullable=False)


def _worked_on() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=255), nullable=False),
        sa.Column("busy_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        _partnership(),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
    )


def _keys(table: str, *others: str) -> tuple[sa.ForeignKeyConstraint, ...]:
    return tuple(
        sa.ForeignKeyConstraint([f"{other}_id"], [f"{other}.id"], name=f"fk_{table}_{other}_id_{other}")
        for other in (*others, "partnership")
    )
