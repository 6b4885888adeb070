"""Let the database itself refuse to change or take away a row of the log.

Why: nothing updates or deletes what was logged, whoever holds the application's connection.
Locks: each table of the log for a moment.  Undo: drops the triggers; the rows stay.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_PART = "partnership_id = NEW.partnership_id AND event_id = NEW.event_id AND agency = NEW.agency"
# Table, and what makes a row the same row as another.
KEPT = {
    "log_event": ("n = NEW.n", "id = NEW.id"),
    "log_part": (_PART,),
    "log_items": (f"{_PART} AND number = NEW.number",),
    "log_note": (_PART,),
    "log_leaf": (
        "partnership_id = NEW.partnership_id AND position = NEW.position",
        "event_id = NEW.event_id",
    ),
    "log_node": ("partnership_id = NEW.partnership_id AND level = NEW.level AND position = NEW.position",),
    "log_checkpoint": ("partnership_id = NEW.partnership_id AND size = NEW.size",),
    "roster": (
        "partnership_id = NEW.partnership_id AND number = NEW.number",
        "partnership_id = NEW.partnership_id AND version = NEW.version",
    ),
}
FUNCTION = (
    "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$"
    " BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME"
    " USING ERRCODE = 'insufficient_privilege'; END $$"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _refuse_on_sqlite()
    else:
        _refuse_on_postgresql()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in KEPT:
            for what in ("update", "delete", "replace"):
                op.execute(f"DROP TRIGGER {table}_no_{what}")
        return
    for table in KEPT:
        for what in ("change", "truncate"):
            op.execute(f"DROP TRIGGER {table}_no_{what} ON {table}")
    op.execute("DROP FUNCTION refuse_change()")


def _refuse_on_sqlite() -> None:
    for table, same in KEPT.items():
        refuse = f"SELECT RAISE(ABORT, '{table} is append-only');"
        # INSERT OR REPLACE takes the old row away without asking the trigger for DELETE.
        there = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in same)  # noqa: S608 - ours
        op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refuse} END")
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse} END")
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} BEGIN {refuse} END"
        )


def _refuse_on_postgresql() -> None:
    op.execute(FUNCTION)
    refuse = "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    for table in KEPT:
        op.execute(f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {refuse}")
