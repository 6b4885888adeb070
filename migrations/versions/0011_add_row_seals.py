"""Add seals of the rows that decisions rest on, and a sealed place for a decision's reason.

Why: whoever writes to the database without the key file must not decide who sees what.
Locks: each table for a moment; the columns are empty at first.  Undo: drops seals and decisions' reasons.

A migration has no keys, and a later step that seals whatever it finds would seal what somebody put there:
rows from before have no seal and are refused. Seed an installation from before this anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ADDED = (
    ("partnership", "policies_seal"),
    ("agency", "row_seal"),
    ("staff", "row_seal"),
    ("staff", "kept_out_seal"),
    ("conference_type", "row_seal"),
    ("person", "said_seal"),
    ("case", "row_seal"),
    ("case_person", "row_seal"),
    ("case_agency", "row_seal"),
    ("case_assignment", "row_seal"),
    ("case_reason", "row_seal"),
    ("case_exclusion", "row_seal"),
    ("record", "row_seal"),
    ("field", "row_seal"),
    ("policy_version", "row_seal"),
    ("consent", "row_seal"),
    ("decision", "row_seal"),
    ("decision", "reason"),
)


def upgrade() -> None:
    for table, column in ADDED:
        op.add_column(table, sa.Column(column, sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    for table, column in reversed(ADDED):
        op.drop_column(table, column)
