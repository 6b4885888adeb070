"""Add reviews, recalls and reports of wrong disclosures.

Why: see the module that owns these tables.
Locks: none, new tables.  Undo: drops them.
"""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
