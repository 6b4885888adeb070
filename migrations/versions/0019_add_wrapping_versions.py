"""Keep the place of what comes: versions of wrapping keys.

Why: other migrations are built on this one.
Locks: none.  Undo: nothing to undo.
"""

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
