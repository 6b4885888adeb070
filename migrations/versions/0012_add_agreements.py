"""Add the register of agreements and drafts of rules.

Why: an agreement is signed, and a change of the rules accepted, before anything is shown by it.
Locks: none, new tables.  Undo: drops them with what they hold; published policies stay.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_for", sa.String(length=255), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=255), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_agreement_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
        sa.UniqueConstraint("partnership_id", "name", name=op.f("uq_agreement_partnership_id_name")),
    )
    op.create_index(op.f("ix_agreement_partnership_id"), "agreement", ["partnership_id"], unique=False)
    op.create_table(
        "rule_draft",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("author_agency", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("base_id", sa.String(length=255), nullable=False),
        sa.Column("base_hash", sa.String(length=255), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=255), nullable=True),
        sa.Column("version_id", sa.String(length=255), nullable=True),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["base_id"], ["policy_version.id"], name=op.f("fk_rule_draft_base_id_policy_version")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_rule_draft_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["policy_version.id"], name=op.f("fk_rule_draft_version_id_policy_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_draft")),
    )
    op.create_index(op.f("ix_rule_draft_partnership_id"), "rule_draft", ["partnership_id"], unique=False)
    op.create_table(
        "agreement_signature",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("agreement_id", sa.String(length=255), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=255), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_agreement_signature_agency_id_agency")
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_signature_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"],
            ["partnership.id"],
            name=op.f("fk_agreement_signature_partnership_id_partnership"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_agreement_signature_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_signature")),
        sa.UniqueConstraint(
            "agreement_id",
            "agency_id",
            "content",
            name=op.f("uq_agreement_signature_agreement_id_agency_id_content"),
        ),
    )
    op.create_index(
        op.f("ix_agreement_signature_agreement_id"), "agreement_signature", ["agreement_id"], unique=False
    )
    op.create_index(
        op.f("ix_agreement_signature_partnership_id"), "agreement_signature", ["partnership_id"], unique=False
    )
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
        "rule_acceptance",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("draft_id", sa.String(length=255), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("binding", sa.String(length=255), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["agency.id"], name=op.f("fk_rule_acceptance_agency_id_agency")
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["rule_draft.id"], name=op.f("fk_rule_acceptance_draft_id_rule_draft")
        ),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_rule_acceptance_partnership_id_partnership")
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_rule_acceptance_staff_id_staff")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_acceptance")),
        sa.UniqueConstraint(
            "draft_id", "agency_id", "binding", name=op.f("uq_rule_acceptance_draft_id_agency_id_binding")
        ),
    )
    op.create_index(op.f("ix_rule_acceptance_draft_id"), "rule_acceptance", ["draft_id"], unique=False)
    op.create_index(
        op.f("ix_rule_acceptance_partnership_id"), "rule_acceptance", ["partnership_id"], unique=False
    )
    op.create_table(
        "recall_notice",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("recall_id", sa.String(length=255), nullable=False),
        sa.Column("case_id", sa.String(length=255), nullable=False),
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
    op.create_index(
        op.f("ix_recall_notice_partnership_id"), "recall_notice", ["partnership_id"], unique=False
    )
    op.create_index(op.f("ix_recall_notice_recall_id"), "recall_notice", ["recall_id"], unique=False)
    op.create_index(op.f("ix_recall_notice_staff_id"), "recall_notice", ["staff_id"], unique=False)
    op.create_table(
        "recall_item",
        sa.Column("notice_id", sa.String(length=255), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        sa.Column("field_id", sa.String(length=255), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=False),
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
    op.create_index(op.f("ix_recall_item_owner"), "recall_item", ["owner"], unique=False)
    op.create_index(op.f("ix_recall_item_partnership_id"), "recall_item", ["partnership_id"], unique=False)


def downgrade() -> None:
    for table in ("rule_acceptance", "agreement_signature", "rule_draft", "agreement"):
        op.drop_table(table)
