"""Add requests for overrides, the answers to them, and what is kept of emergency access.

Why: an override is asked for by one and approved by another before it is a decision; an emergency ends.
Locks: none, new tables.  Undo: drops them with what they hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "override_request",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("field_id", sa.String(length=255), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=255), nullable=False),
        sa.Column("lock", sa.String(length=255), nullable=True),
        sa.Column("class_name", sa.String(length=255), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("recipients", sa.Text(), nullable=False),
        sa.Column("purpose", sa.String(length=255), nullable=False),
        sa.Column("level", sa.String(length=255), nullable=False),
        sa.Column("basis", sa.String(length=255), nullable=False),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=255), nullable=False),
        sa.Column("decisions", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=255), nullable=True),
        sa.Column("necessity", sa.LargeBinary(), nullable=False),
        sa.Column("proportionality", sa.LargeBinary(), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_override_request_asked_by_staff")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_override_request_case_id_case")),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name=op.f("fk_override_request_field_id_field")),
        sa.ForeignKeyConstraint(["owner"], ["agency.id"], name=op.f("fk_override_request_owner_agency")),
        sa.ForeignKeyConstraint(
            ["partnership_id"],
            ["partnership.id"],
            name=op.f("fk_override_request_partnership_id_partnership"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override_request")),
    )
    op.create_index(op.f("ix_override_request_case_id"), "override_request", ["case_id"], unique=False)
    op.create_index(op.f("ix_override_request_owner"), "override_request", ["owner"], unique=False)
    op.create_index(
        op.f("ix_override_request_partnership_id"), "override_request", ["partnership_id"], unique=False
    )
    op.create_table(
        "override_answer",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("request_id", sa.String(length=255), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("word", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_override_answer_agency_id_agency")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_override_answer_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["override_request.id"],
            name=op.f("fk_override_answer_request_id_override_request"),
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_override_answer_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override_answer")),
        sa.UniqueConstraint("request_id", "staff_id", name=op.f("uq_override_answer_request_id_staff_id")),
    )
    op.create_index(
        op.f("ix_override_answer_partnership_id"), "override_answer", ["partnership_id"], unique=False
    )
    op.create_index(op.f("ix_override_answer_request_id"), "override_answer", ["request_id"], unique=False)
    op.create_table(
        "emergency",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decisions", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_emergency_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_emergency_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_emergency_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_emergency_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency")),
    )
    op.create_index(op.f("ix_emergency_case_id"), "emergency", ["case_id"], unique=False)
    op.create_index(op.f("ix_emergency_partnership_id"), "emergency", ["partnership_id"], unique=False)
    op.create_index(op.f("ix_emergency_staff_id"), "emergency", ["staff_id"], unique=False)


def downgrade() -> None:
    op.drop_table("emergency")
    op.drop_table("override_answer")
    op.drop_table("override_request")
