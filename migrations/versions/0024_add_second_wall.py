"""Keep the place of what comes: row-level security.

Why: other migrations are built on this one.
Locks: none.  Undo: nothing to undo.
"""

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
