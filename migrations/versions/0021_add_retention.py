"""Add retention: schedules, legal holds, proposals to erase, and who was erased.

Why: an agency says how long it keeps what it holds; two of its officers agree before anything is erased.
Locks: none, new tables.  Undo: drops them; holds are then gone, so erase nothing after going back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLES = ("rewriting", "retention_rule", "retention_day", "legal_hold", "erasure", "erased_person")


def upgrade() -> None:
    op.create_table(
        "erased_person",
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_erased_person_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_erased_person_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_erased_person")),
    )
    op.create_index(
        op.f("ix_erased_person_partnership_id"), "erased_person", ["partnership_id"], unique=False
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column("records", sa.Text(), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=255), nullable=True),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(state = 'waiting') = (answered_at IS NULL)", name=op.f("ck_erasure_answered_with_a_word")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_erasure_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_erasure_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_erasure_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_erasure_person_id_person")),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"], name=op.f("fk_erasure_proposed_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_agency_id"), "erasure", ["agency_id"], unique=False)
    op.create_index(op.f("ix_erasure_case_id"), "erasure", ["case_id"], unique=False)
    op.create_index(op.f("ix_erasure_partnership_id"), "erasure", ["partnership_id"], unique=False)
    op.create_index(op.f("ix_erasure_person_id"), "erasure", ["person_id"], unique=False)
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=255), nullable=True),
        sa.Column("lifted_for", sa.String(length=255), nullable=True),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_legal_hold_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_legal_hold_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_legal_hold_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_legal_hold_person_id_person")),
        sa.ForeignKeyConstraint(["placed_by"], ["staff.id"], name=op.f("fk_legal_hold_placed_by_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(op.f("ix_legal_hold_agency_id"), "legal_hold", ["agency_id"], unique=False)
    op.create_index(op.f("ix_legal_hold_case_id"), "legal_hold", ["case_id"], unique=False)
    op.create_index(op.f("ix_legal_hold_partnership_id"), "legal_hold", ["partnership_id"], unique=False)
    op.create_index(op.f("ix_legal_hold_person_id"), "legal_hold", ["person_id"], unique=False)
    op.create_table(
        "retention_day",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column("day", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_retention_day_agency_id_agency")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_retention_day_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_retention_day_person_id_person")),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_retention_day_set_by_staff")),
        sa.PrimaryKeyConstraint("agency_id", "person_id", name=op.f("pk_retention_day")),
    )
    op.create_index(
        op.f("ix_retention_day_partnership_id"), "retention_day", ["partnership_id"], unique=False
    )
    op.create_table(
        "retention_rule",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("class_name", sa.String(length=64), nullable=False),
        sa.Column("trigger", sa.String(length=20), nullable=False),
        sa.Column("years", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint("years IS NULL OR years >= 0", name=op.f("ck_retention_rule_years_ahead")),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_retention_rule_agency_id_agency")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_retention_rule_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_retention_rule_set_by_staff")),
        sa.PrimaryKeyConstraint("agency_id", "class_name", name=op.f("pk_retention_rule")),
    )
    op.create_index(
        op.f("ix_retention_rule_partnership_id"), "retention_rule", ["partnership_id"], unique=False
    )
    op.create_table(
        "rewriting",
        sa.Column("field_id", sa.String(length=255), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("word", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_rewriting_by_staff")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_rewriting_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name=op.f("fk_rewriting_field_id_field")),
        sa.PrimaryKeyConstraint("field_id", name=op.f("pk_rewriting")),
    )
    op.create_index(op.f("ix_rewriting_agency_id"), "rewriting", ["agency_id"], unique=False)
    op.create_index(op.f("ix_rewriting_partnership_id"), "rewriting", ["partnership_id"], unique=False)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
