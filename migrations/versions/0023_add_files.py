"""Keep the place of what comes: files.

Why: other migrations are built on this one.
Locks: none.  Undo: nothing to undo.
"""

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
