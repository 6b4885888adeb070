"""Add the register of agreements and drafts of rules.

Why: see the module that owns these tables.
Locks: none, new tables.  Undo: drops them.
"""

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
