"""Add what is kept of an import, so that the same file again changes nothing.

Why: agencies' systems send the same file twice.
Locks: none, new table.  Undo: drops it; a file that comes again then comes in again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_seen",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("record_id", sa.String(length=255), nullable=True),
        sa.Column("field_id", sa.String(length=255), nullable=True),
        sa.Column("person_id", sa.String(length=255), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_import_seen_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_import_seen_case_id_case")),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name=op.f("fk_import_seen_field_id_field")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_import_seen_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_import_seen_person_id_person")),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_import_seen_record_id_record")),
        sa.PrimaryKeyConstraint("agency_id", "case_id", "token", name=op.f("pk_import_seen")),
    )
    op.create_index(op.f("ix_import_seen_partnership_id"), "import_seen", ["partnership_id"], unique=False)
    op.create_index(op.f("ix_import_seen_person_id"), "import_seen", ["person_id"], unique=False)
    op.create_index(op.f("ix_import_seen_record_id"), "import_seen", ["record_id"], unique=False)


def downgrade() -> None:
    op.drop_table("import_seen")
