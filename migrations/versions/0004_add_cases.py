"""Add cases, the people in them, and the agencies and staff who work on them.

Why: what a conference meets about.
Locks: none, new tables.  Undo: drops them with what they hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conference_type",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_conference_type_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conference_type")),
    )
    op.create_index(
        op.f("ix_conference_type_partnership_id"), "conference_type", ["partnership_id"], unique=False
    )
    op.create_table(
        "person",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_person_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
    )
    op.create_index(op.f("ix_person_partnership_id"), "person", ["partnership_id"], unique=False)
    op.create_table(
        "case",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("conference_type_id", sa.String(length=255), nullable=False),
        sa.Column(
            "status",
            sa.Enum("OPEN", "LISTED", "HEARD", "ACTIONS_OPEN", "MONITORED", "CLOSED", name="casestatus"),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["conference_type_id"],
            ["conference_type.id"],
            name=op.f("fk_case_conference_type_id_conference_type"),
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_case_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sa.UniqueConstraint("partnership_id", "reference", name=op.f("uq_case_partnership_id_reference")),
    )
    op.create_index(op.f("ix_case_partnership_id"), "case", ["partnership_id"], unique=False)
    op.create_table(
        "case_agency",
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column(
            "research", sa.Enum("NOT_STARTED", "IN_PROGRESS", "SENT", "NIL", name="research"), nullable=False
        ),
        sa.Column("research_due", sa.Date(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_case_agency_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_agency_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_case_agency_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("case_id", "agency_id", name=op.f("pk_case_agency")),
    )
    op.create_index(op.f("ix_case_agency_partnership_id"), "case_agency", ["partnership_id"], unique=False)
    op.create_table(
        "case_assignment",
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_assignment_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_case_assignment_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_assignment_staff_id_staff")),
        sa.PrimaryKeyConstraint("case_id", "staff_id", name=op.f("pk_case_assignment")),
    )
    op.create_index(
        op.f("ix_case_assignment_partnership_id"), "case_assignment", ["partnership_id"], unique=False
    )
    op.create_table(
        "case_exclusion",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.Enum("RECUSED", "OTHER_SIDE", name="exclusionkind"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_exclusion_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_case_exclusion_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_exclusion_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_exclusion")),
    )
    op.create_index(op.f("ix_case_exclusion_case_id"), "case_exclusion", ["case_id"], unique=False)
    op.create_index(
        op.f("ix_case_exclusion_partnership_id"), "case_exclusion", ["partnership_id"], unique=False
    )
    op.create_index(op.f("ix_case_exclusion_staff_id"), "case_exclusion", ["staff_id"], unique=False)
    op.create_table(
        "case_person",
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("person_id", sa.String(length=255), nullable=False),
        sa.Column(
            "role",
            sa.Enum("VICTIM", "CHILD", "ALLEGED_PERPETRATOR", "OTHER", name="personrole"),
            nullable=False,
        ),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_person_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_case_person_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_case_person_person_id_person")),
        sa.PrimaryKeyConstraint("case_id", "person_id", name=op.f("pk_case_person")),
    )
    op.create_index(op.f("ix_case_person_partnership_id"), "case_person", ["partnership_id"], unique=False)
    op.create_table(
        "case_reason",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_reason_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_case_reason_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_case_reason_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_reason")),
    )
    op.create_index(op.f("ix_case_reason_case_id"), "case_reason", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_reason_partnership_id"), "case_reason", ["partnership_id"], unique=False)


def downgrade() -> None:
    op.drop_table("case_reason")
    op.drop_table("case_person")
    op.drop_table("case_exclusion")
    op.drop_table("case_assignment")
    op.drop_table("case_agency")
    op.drop_table("case")
    op.drop_table("person")
    op.drop_table("conference_type")
    sa.Enum(name="casestatus").drop(op.get_bind())
    sa.Enum(name="research").drop(op.get_bind())
    sa.Enum(name="exclusionkind").drop(op.get_bind())
    sa.Enum(name="personrole").drop(op.get_bind())
