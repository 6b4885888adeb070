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


def downgrade() -> None:
    for table in ("rule_acceptance", "agreement_signature", "rule_draft", "agreement"):
        op.drop_table(table)
