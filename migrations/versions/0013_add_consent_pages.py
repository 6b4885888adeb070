"""Add what the consent and asking pages keep.

Why: who could not be asked for consent, who must not speak for a child, and what agencies ask of each other.
Locks: none, new tables.  Undo: drops them with what they hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INDEXES = (
    ("consent_unanswered", "person_id"),
    ("consent_unanswered", "case_id"),
    ("consent_unanswered", "partnership_id"),
    ("person_unsafe", "person_id"),
    ("person_unsafe", "partnership_id"),
    ("question", "case_id"),
    ("question", "person_id"),
    ("question", "to_agency"),
    ("question", "partnership_id"),
)


def upgrade() -> None:
    op.create_table(
        "consent_unanswered",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("outcome", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=255), nullable=False),
        sa.Column("recorded_for", sa.String(length=255), nullable=False),
        sa.Column("how", sa.LargeBinary(), nullable=False),
        *_sealed("consent_unanswered"),
        *_of("consent_unanswered", "person", "case"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_unanswered")),
    )
    op.create_table(
        "person_unsafe",
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column("named_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("named_by", sa.String(length=255), nullable=False),
        sa.Column("named_for", sa.String(length=255), nullable=False),
        *_sealed("person_unsafe"),
        *_of("person_unsafe", "case", "person"),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_person_unsafe")),
    )
    op.create_table(
        "question",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column("to_agency", sa.String(length=64), nullable=True),
        sa.Column("class_name", sa.String(length=255), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.String(length=255), nullable=False),
        sa.Column("asked_for", sa.String(length=255), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.String(length=255), nullable=True),
        *_sealed("question"),
        *_of("question", "case", "person"),
        sa.ForeignKeyConstraint(["to_agency"], ["agency.id"], name=op.f("fk_question_to_agency_agency")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    for table, column in INDEXES:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def downgrade() -> None:
    for table in ("question", "person_unsafe", "consent_unanswered"):
        op.drop_table(table)


def _sealed(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    """The row's seal, and the partition key that every table has."""
    return (
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f(f"fk_{table}_partnership_id_partnership")
        ),
    )


def _of(table: str, *others: str) -> tuple[sa.schema.SchemaItem, ...]:
    """What the row belongs to."""
    return tuple(
        sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}.id"], name=op.f(f"fk_{table}_{one}_id_{one}"))
        for one in others
    )
