"""Keep the place of what comes: retention.

Why: other migrations are built on this one.
Locks: none.  Undo: nothing to undo.
"""

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
