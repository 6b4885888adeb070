"""Keep the place of what comes: log rows.

Why: other migrations are built on this one.
Locks: none.  Undo: nothing to undo.
"""

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
