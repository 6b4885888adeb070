"""Add agency_key.

Why: an agency that takes its key back, or gives it again, is said in the log once, whoever notices.
Locks: none, a new table.  Undo: drops it; the next that looks says again how each key stands.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agency_key",
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("standing", sa.String(length=8), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("row_seal", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "standing IN ('given', 'revoked', 'silent', 'left')", name="ck_agency_key_standing"
        ),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name="fk_agency_key_agency_id_agency"),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name="fk_agency_key_partnership_id_partnership"
        ),
        sa.PrimaryKeyConstraint("agency_id", name="pk_agency_key"),
    )
    op.create_index("ix_agency_key_partnership_id", "agency_key", ["partnership_id"])


def downgrade() -> None:
    op.drop_table("agency_key")
