"""Add the log: events, their sealed parts, their places in the tree and its checkpoints.

Why: who saw what about whom, when and by what right, verifiable by each agency.
Locks: none, new tables.  Undo: drops them with what they hold.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_checkpoint",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column(
            "size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_log_checkpoint_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "size", name=op.f("pk_log_checkpoint")),
    )
    op.create_table(
        "log_event",
        sa.Column(
            "n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", sa.String(length=44), nullable=False),
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request", sa.String(length=44), nullable=True),
        sa.Column("code", sa.String(length=14), nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("roster", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_log_event_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_log_event")),
        sa.UniqueConstraint("id", name=op.f("uq_log_event_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_log_event_at", "log_event", ["partnership_id", "at"], unique=False)
    op.create_index("ix_log_event_code", "log_event", ["partnership_id", "code"], unique=False)
    op.create_table(
        "log_node",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_log_node_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "level", "position", name=op.f("pk_log_node")),
    )
    op.create_table(
        "roster",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("agencies", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_roster_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "number", name=op.f("pk_roster")),
        sa.UniqueConstraint("partnership_id", "version", name=op.f("uq_roster_partnership_id_version")),
    )
    op.create_table(
        "log_items",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["log_event.id"], name=op.f("fk_log_items_event_id_log_event")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_log_items_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "event_id", "agency", "number", name=op.f("pk_log_items")),
    )
    op.create_table(
        "log_leaf",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column(
            "position",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["log_event.id"], name=op.f("fk_log_leaf_event_id_log_event")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_log_leaf_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "position", name=op.f("pk_log_leaf")),
        sa.UniqueConstraint("event_id", name=op.f("uq_log_leaf_event_id")),
    )
    op.create_table(
        "log_note",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["log_event.id"], name=op.f("fk_log_note_event_id_log_event")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_log_note_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "event_id", "agency", name=op.f("pk_log_note")),
    )
    op.create_table(
        "log_part",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("empty", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["log_event.id"], name=op.f("fk_log_part_event_id_log_event")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_log_part_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "event_id", "agency", name=op.f("pk_log_part")),
    )
    op.create_index(
        "ix_log_part_whole",
        "log_part",
        ["partnership_id", "agency", "event_id"],
        unique=False,
        postgresql_where=sa.text("NOT empty"),
        sqlite_where=sa.text("NOT empty"),
    )
    op.create_table(
        "log_queue",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column(
            "n", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.ForeignKeyConstraint(["n"], ["log_event.n"], name=op.f("fk_log_queue_n_log_event")),
        sa.ForeignKeyConstraint(
            ["partnership_id"], ["partnership.id"], name=op.f("fk_log_queue_partnership_id_partnership")
        ),
        sa.PrimaryKeyConstraint("partnership_id", "n", name=op.f("pk_log_queue")),
    )


def downgrade() -> None:
    op.drop_table("log_queue")
    op.drop_table("log_part")
    op.drop_table("log_note")
    op.drop_table("log_leaf")
    op.drop_table("log_items")
    op.drop_table("roster")
    op.drop_table("log_node")
    op.drop_table("log_event")
    op.drop_table("log_checkpoint")
