"""Add the counter that moves with every change of what may leave.

Why: an answer that was decided before a change is decided again before it is sent.
Locks: none, new tables.  Undo: drops them with what they hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inputs",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_inputs_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", name=op.f("pk_inputs")),
    )


def downgrade() -> None:
    op.drop_table("inputs")
