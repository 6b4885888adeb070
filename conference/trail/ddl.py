"""What the database itself refuses: to change or take away a row of the log. Migrations copy this text."""

from __future__ import annotations

_SAME = "partnership_id = NEW.partnership_id"
# Table, and what makes a row the same row as another.
KEPT = {
    "log_event": ("n = NEW.n", "id = NEW.id"),
    "log_salts": ("n = NEW.n",),
    "log_mark": (f"{_SAME} AND agency = NEW.agency AND n = NEW.n AND mark = NEW.mark",),
    "log_leaf": (f"{_SAME} AND position = NEW.position", "n = NEW.n"),
    "log_node": (f"{_SAME} AND level = NEW.level AND position = NEW.position",),
    "log_checkpoint": ("partnership_id = NEW.partnership_id AND size = NEW.size",),
    "log_cosignature": (f"{_SAME} AND witness_id = NEW.witness_id AND size = NEW.size AND time = NEW.time",),
    "log_refusal": ("id = NEW.id",),
    "log_meeting": (f"{_SAME} AND meeting_id = NEW.meeting_id",),
    "log_epoch": (f"{_SAME} AND number = NEW.number", "event_id = NEW.event_id"),
    "log_standing": ("partnership_id = NEW.partnership_id AND n = NEW.n",),
    "roster": (
        "partnership_id = NEW.partnership_id AND number = NEW.number",
        "partnership_id = NEW.partnership_id AND version = NEW.version",
    ),
}


def refusal_ddl(dialect: str) -> list[str]:
    """The statements that make the tables of the log append-only, for `sqlite` or `postgresql`."""
    if dialect == "sqlite":
        return [statement for table, same in KEPT.items() for statement in _sqlite(table, same)]
    return [_FUNCTION, *(statement for table in KEPT for statement in _postgresql(table))]


def _sqlite(table: str, same: tuple[str, ...]) -> list[str]:
    refuse = f"SELECT RAISE(ABORT, '{table} is append-only');"
    # INSERT OR REPLACE takes the old row away without asking the trigger for DELETE.
    there = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in same)  # noqa: S608 - our own
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refuse} END",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse} END",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} BEGIN {refuse} END",
    ]


_FUNCTION = (
    "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
    " USING MESSAGE = TG_TABLE_NAME || ' is append-only', ERRCODE = 'insufficient_privilege'; END $$"
)


def _postgresql(table: str) -> list[str]:
    refuse = "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    return [
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {refuse}",
    ]
