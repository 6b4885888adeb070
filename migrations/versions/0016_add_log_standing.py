"""Add what several sequencers and several roles need of the log's tables.

Why: see the module that owns these tables.
Locks: none, new tables.  Undo: drops them.
"""

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
