"""Add what the consent and asking pages keep.

Why: see the module that owns these tables.
Locks: none, new tables.  Undo: drops them.
"""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
