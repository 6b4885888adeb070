"""Add reviews, recalls and reports of wrong disclosures.

Why: what goes wrong, or ends, asks somebody to look, to give back, to tell; who has done so must be known.
Locks: none, new tables.  Undo: drops them with what they hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = (
    "recall",
    "review",
    "wrong_report",
    "recall_notice",
    "wrong_item",
    "wrong_note",
    "wrong_told",
    "recall_item",
)


def upgrade() -> None:
    op.create_table(
        "recall",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=44), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_recall_agency_id_agency")),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_recall_opened_by_staff")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_recall_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
    )
    op.create_index(op.f("ix_recall_about"), "recall", ["about"], unique=False)
    op.create_index(op.f("ix_recall_opened_by"), "recall", ["opened_by"], unique=False)
    op.create_index(op.f("ix_recall_partnership_id"), "recall", ["partnership_id"], unique=False)
    op.create_table(
        "review",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("about", sa.String(length=44), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=255), nullable=True),
        sa.Column("closed_for", sa.String(length=255), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_review_closed_with_an_outcome")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_review_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_review_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_review_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index(op.f("ix_review_agency_id"), "review", ["agency_id"], unique=False)
    op.create_index(op.f("ix_review_case_id"), "review", ["case_id"], unique=False)
    op.create_index(op.f("ix_review_partnership_id"), "review", ["partnership_id"], unique=False)
    op.create_table(
        "wrong_report",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("fault", sa.String(length=20), nullable=False),
        sa.Column("reported_by", sa.String(length=64), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.LargeBinary(), nullable=False),
        sa.Column("reportable", sa.Boolean(), nullable=True),
        sa.Column("why", sa.LargeBinary(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=255), nullable=True),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(decided_at IS NULL) = (reportable IS NULL)", name=op.f("ck_wrong_report_decided_one_way")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_wrong_report_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_wrong_report_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_wrong_report_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["reader"], ["agency.id"], name=op.f("fk_wrong_report_reader_agency")),
        sa.ForeignKeyConstraint(
            ["reported_by"], ["staff.id"], name=op.f("fk_wrong_report_reported_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_report")),
    )
    op.create_index(op.f("ix_wrong_report_agency_id"), "wrong_report", ["agency_id"], unique=False)
    op.create_index(op.f("ix_wrong_report_case_id"), "wrong_report", ["case_id"], unique=False)
    op.create_index(op.f("ix_wrong_report_event_id"), "wrong_report", ["event_id"], unique=False)
    op.create_index(op.f("ix_wrong_report_owner"), "wrong_report", ["owner"], unique=False)
    op.create_index(op.f("ix_wrong_report_partnership_id"), "wrong_report", ["partnership_id"], unique=False)
    op.create_table(
        "recall_notice",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("recall_id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("is_correction", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(length=255), nullable=True),
        sa.Column("answer", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL)", name=op.f("ck_recall_notice_answered_with_an_answer")
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_recall_notice_agency_id_agency")),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_recall_notice_case_id_case")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_recall_notice_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["recall_id"], ["recall.id"], name=op.f("fk_recall_notice_recall_id_recall")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_recall_notice_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_notice")),
    )
    op.create_index(op.f("ix_recall_notice_agency_id"), "recall_notice", ["agency_id"], unique=False)
    op.create_index(op.f("ix_recall_notice_case_id"), "recall_notice", ["case_id"], unique=False)
    op.create_index(op.f("ix_recall_notice_owner"), "recall_notice", ["owner"], unique=False)
    op.create_index(
        op.f("ix_recall_notice_partnership_id"), "recall_notice", ["partnership_id"], unique=False
    )
    op.create_index(op.f("ix_recall_notice_recall_id"), "recall_notice", ["recall_id"], unique=False)
    op.create_index(op.f("ix_recall_notice_staff_id"), "recall_notice", ["staff_id"], unique=False)
    op.create_table(
        "wrong_item",
        sa.Column("report_id", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("field_id", sa.String(length=255), nullable=True),
        sa.Column("class_name", sa.String(length=255), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_wrong_item_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["wrong_report.id"], name=op.f("fk_wrong_item_report_id_wrong_report")
        ),
        sa.PrimaryKeyConstraint("report_id", "number", name=op.f("pk_wrong_item")),
    )
    op.create_index(op.f("ix_wrong_item_partnership_id"), "wrong_item", ["partnership_id"], unique=False)
    op.create_table(
        "wrong_note",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("report_id", sa.String(length=255), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_wrong_note_agency_id_agency")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_wrong_note_by_staff")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_wrong_note_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["wrong_report.id"], name=op.f("fk_wrong_note_report_id_wrong_report")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wrong_note")),
    )
    op.create_index(op.f("ix_wrong_note_partnership_id"), "wrong_note", ["partnership_id"], unique=False)
    op.create_index(op.f("ix_wrong_note_report_id"), "wrong_note", ["report_id"], unique=False)
    op.create_table(
        "wrong_told",
        sa.Column("report_id", sa.String(length=255), nullable=False),
        sa.Column("who", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_wrong_told_by_staff")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_wrong_told_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["wrong_report.id"], name=op.f("fk_wrong_told_report_id_wrong_report")
        ),
        sa.PrimaryKeyConstraint("report_id", "who", name=op.f("pk_wrong_told")),
    )
    op.create_index(op.f("ix_wrong_told_partnership_id"), "wrong_told", ["partnership_id"], unique=False)
    op.create_table(
        "recall_item",
        sa.Column("notice_id", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        sa.Column("field_id", sa.String(length=255), nullable=True),
        sa.Column("class_name", sa.String(length=255), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["recall_notice.id"], name=op.f("fk_recall_item_notice_id_recall_notice")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_recall_item_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("notice_id", "number", name=op.f("pk_recall_item")),
    )
    op.create_index(op.f("ix_recall_item_partnership_id"), "recall_item", ["partnership_id"], unique=False)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
