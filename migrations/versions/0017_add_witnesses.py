"""Add witnesses, their cosignatures and epochs of the log.

Why: see the module that owns these tables.
Locks: none, new tables.  Undo: drops them.
"""

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
