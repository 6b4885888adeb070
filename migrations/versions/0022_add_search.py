"""Keep the place of what comes: search by likeness and more.

Why: other migrations are built on this one.
Locks: none.  Undo: nothing to undo.
"""

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
