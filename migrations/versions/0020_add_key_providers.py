"""Keep the place of what comes: key providers.

Why: other migrations are built on this one.
Locks: none.  Undo: nothing to undo.
"""

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
