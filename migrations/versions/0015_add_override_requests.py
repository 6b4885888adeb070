"""Add requests for overrides and what is kept of emergency access.

Why: see the module that owns these tables.
Locks: none, new tables.  Undo: drops them.
"""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
