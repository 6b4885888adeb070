"""Keep all that opens an event in its row, and number what stands inside the log.

Why: an event was seven rows in six tables, with keys of text; see docs/decisions/0015. Every seal is carried
over as it is.
Locks: the log, for as long as its rows take to be written once more; some hundred events are held at a time.
Undo: brings the tables back with all that was sealed. The version before cannot open the empty parts of
events that were logged in groups since (an agency's copy says that they were changed); they are kept, and
open again after the next upgrade.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CHUNK = 250
PART, ITEMS, NOTE, AS_IT_WAS = 1, 2, 3, 4  # the kinds of pieces; the last is what was not to be read
EMPTY_BYTES, PLACE_BYTES = 79, 2  # a sealed empty part; after it came its place in the roster
MARK = slice(1, 17)
GROUPED, TORN = b"\x00", b"\xff"  # begin what the version before cannot read; a seal begins with 1
NO_AGENCY = "-"

_SAME = "partnership_id = NEW.partnership_id"
_EVENT = {"log_event": ("n = NEW.n", "id = NEW.id")}
_NODE = {"log_node": (f"{_SAME} AND level = NEW.level AND position = NEW.position",)}
NOW_KEPT = {
    **_EVENT,
    **_NODE,
    "log_salts": ("n = NEW.n",),
    "log_mark": (f"{_SAME} AND agency = NEW.agency AND n = NEW.n AND mark = NEW.mark",),
    "log_leaf": (f"{_SAME} AND position = NEW.position", "n = NEW.n"),
}
_OF_PART = "partnership_id = NEW.partnership_id AND event_id = NEW.event_id AND agency = NEW.agency"
BEFORE_KEPT = {
    **_EVENT,
    "log_node": ("partnership_id = NEW.partnership_id AND level = NEW.level AND position = NEW.position",),
    "log_part": (_OF_PART,),
    "log_items": (f"{_OF_PART} AND number = NEW.number",),
    "log_note": (_OF_PART,),
    "log_empty": ("partnership_id = NEW.partnership_id AND event_id = NEW.event_id",),
    "log_leaf": (
        "partnership_id = NEW.partnership_id AND position = NEW.position",
        "event_id = NEW.event_id",
    ),
}
OF_EVENT = ("log_part", "log_items", "log_note", "log_empty")
Row = dict[str, Any]


def upgrade() -> None:
    _allow(*_EVENT)
    op.add_column("log_event", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    op.add_column("log_event", sa.Column("salts", BIG, nullable=True))
    op.add_column("log_event", sa.Column("ordinal", sa.Integer(), nullable=True))
    _add_salts_and_marks()
    for events in _events():
        _gather(events)
    for table in OF_EVENT:
        op.drop_table(table)
    _anew(
        "log_leaf",
        _leaf,
        "l.partnership_id, l.position, e.n, l.hash",
        "JOIN log_event AS e ON e.id = l.event_id",
    )
    _anew("log_node", _node, "l.partnership_id, l.level, l.position, l.hash")
    _anew("log_queue", _queue, "l.partnership_id, l.n")
    _refuse(NOW_KEPT)


def downgrade() -> None:
    _allow(*_EVENT)
    _add_tables_of_before()
    for events in _events():
        _scatter(events)
    for table in ("log_mark", "log_salts"):
        op.drop_table(table)
    for column in ("ordinal", "salts", "sealed"):
        op.drop_column("log_event", column)
    joined = "JOIN log_event AS e ON e.n = l.n"
    _anew("log_leaf", _leaf_before, "l.partnership_id, l.position, e.id, l.hash", joined)
    _anew("log_node", _node_before, "l.partnership_id, l.level, l.position, l.hash")
    _anew("log_queue", _queue_before, "l.partnership_id, l.n")
    _refuse(BEFORE_KEPT)


# --- rows ---


def _events() -> Iterator[list[Row]]:
    """All events, some hundred at a time, oldest first."""
    last = -1
    query = sa.text("SELECT * FROM log_event WHERE n > :last ORDER BY n LIMIT :chunk")
    while True:
        found = [dict(row) for row in _ask(query, last=last, chunk=CHUNK)]
        if not found:
            return
        yield found
        last = found[-1]["n"]


def _gather(events: list[Row]) -> None:
    """Put what stood in tables of their own into these events' rows, and note what finds them."""
    rosters = _rosters()
    by_event: dict[str, dict[str, list[Row]]] = {one["id"]: {} for one in events}
    for table in OF_EVENT:
        query = sa.text(f"SELECT * FROM {table} WHERE event_id IN :ids")  # noqa: S608 - ours
        query = query.bindparams(sa.bindparam("ids", expanding=True))
        for row in _ask(query, ids=list(by_event)):
            by_event[row["event_id"]].setdefault(table, []).append(dict(row))
    changed, marks, salts = [], [], []
    for event in events:
        found = by_event[event["id"]]
        pieces = [(PART, one["agency"], 0, one["sealed"]) for one in found.get("log_part", ())]
        pieces += [(ITEMS, one["agency"], one["number"], one["sealed"]) for one in found.get("log_items", ())]
        pieces += [(NOTE, one["agency"], 0, one["sealed"]) for one in found.get("log_note", ())]
        row: Row = {"of": event["n"], "salts": None, "ordinal": None, "sealed": None}
        for one in found.get("log_empty", ()):
            whole = bytes(one["sealed"])
            if whole[:1] == GROUPED:
                row["salts"], row["ordinal"], stored = _ungrouped(whole)
                if stored is not None:
                    salts.append({"partnership_id": event["partnership_id"], "n": row["salts"], **stored})
            elif whole[:1] == TORN:
                row["sealed"] = whole[1:]
            else:
                pieces += _split(whole, rosters.get((event["partnership_id"], event["roster"]), []))
        if pieces:
            row["sealed"] = b"".join(_framed(*piece) for piece in pieces)
        changed.append(row)
        marks += [
            {"partnership_id": event["partnership_id"], "agency": agency, "n": event["n"], "mark": mark}
            for agency, mark in sorted(_marks(pieces))
        ]
    update = "UPDATE log_event SET sealed = :sealed, salts = :salts, ordinal = :ordinal WHERE n = :of"
    _put(update, changed)
    _insert("log_mark", marks)
    _insert("log_salts", salts)


def _scatter(events: list[Row]) -> None:
    """Put what opens these events back into tables of their own."""
    rosters = _rosters()
    rows: dict[str, list[Row]] = {table: [] for table in OF_EVENT}
    for event in events:
        of = {"partnership_id": event["partnership_id"], "event_id": event["id"]}
        frame = bytes(event["sealed"] or b"")
        pieces = _pieces(frame)
        empty = _empty(pieces or [], rosters.get((event["partnership_id"], event["roster"]), []))
        if pieces is None:
            empty = TORN + frame
        elif event["salts"] is not None:
            empty = _grouped(event)
        if empty:
            rows["log_empty"].append({**of, "sealed": empty})
        for kind, agency, number, sealed in pieces or ():
            row = {**of, "agency": agency, "sealed": sealed}
            if kind == PART and len(sealed) != EMPTY_BYTES:
                rows["log_part"].append({**row, "empty": False})
            elif kind == ITEMS:
                rows["log_items"].append({**row, "number": number})
            elif kind == NOTE:
                rows["log_note"].append(row)
    for table, given in rows.items():
        _insert(table, given)


def _empty(pieces: list[tuple[int, str, int, bytes]], agencies: list[str]) -> bytes:
    """The empty parts as they stood in one row; an agency that is in no roster has none."""
    return b"".join(
        sealed if kind == AS_IT_WAS else sealed + agencies.index(agency).to_bytes(PLACE_BYTES, "big")
        for kind, agency, _, sealed in pieces
        if kind == AS_IT_WAS or (kind == PART and len(sealed) == EMPTY_BYTES and agency in agencies)
    )


def _split(whole: bytes, agencies: list[str]) -> list[tuple[int, str, int, bytes]]:
    """The empty parts that stood in one row, each after the other with its place."""
    step = EMPTY_BYTES + PLACE_BYTES
    parts = [whole[at : at + step] for at in range(0, len(whole), step)]
    places = [int.from_bytes(part[EMPTY_BYTES:], "big") for part in parts]
    if len(whole) % step or any(place >= len(agencies) for place in places):
        return [(AS_IT_WAS, NO_AGENCY, 0, whole)]
    return [(PART, agencies[at], 0, part[:EMPTY_BYTES]) for at, part in zip(places, parts, strict=True)]


def _grouped(event: Row) -> bytes:
    """Where the salt of an event is, as the version before keeps it; the first of a group keeps them all."""
    said = GROUPED + event["salts"].to_bytes(8, "big") + (event["ordinal"] or 0).to_bytes(4, "big")
    if event["salts"] != event["n"]:
        return said
    query = sa.text("SELECT count, sealed FROM log_salts WHERE n = :n")
    found = _ask(query, n=event["n"])
    return said + b"".join(row["count"].to_bytes(4, "big") + bytes(row["sealed"]) for row in found)


def _ungrouped(whole: bytes) -> tuple[int, int, Row | None]:
    salts, ordinal, rest = int.from_bytes(whole[1:9], "big"), int.from_bytes(whole[9:13], "big"), whole[13:]
    stored = {"count": int.from_bytes(rest[:4], "big"), "sealed": rest[4:]} if rest else None
    return salts, ordinal, stored


def _framed(kind: int, agency: str, number: int, sealed: bytes) -> bytes:
    name = agency.encode("ascii")
    return (
        bytes([kind, len(name)]) + name + number.to_bytes(2, "big") + len(sealed).to_bytes(4, "big") + sealed
    )


def _pieces(frame: bytes) -> list[tuple[int, str, int, bytes]] | None:
    """What was framed; None if it is no frame."""
    found, at = [], 0
    while at < len(frame):
        kind, name = frame[at], frame[at + 2 : at + 2 + frame[at + 1]] if at + 1 < len(frame) else b""
        at += 2 + len(name)
        number, length = (
            int.from_bytes(frame[at : at + 2], "big"),
            int.from_bytes(frame[at + 2 : at + 6], "big"),
        )
        at += 6
        if at + length > len(frame) or not (name and name.isascii()):
            return None
        found.append((kind, name.decode("ascii"), number, frame[at : at + length]))
        at += length
    return found


def _marks(pieces: list[tuple[int, str, int, bytes]]) -> set[tuple[str, bytes]]:
    told = {agency for kind, agency, _, sealed in pieces if kind == PART and len(sealed) != EMPTY_BYTES}
    sets = {(agency, sealed[MARK]) for kind, agency, _, sealed in pieces if kind == ITEMS and agency in told}
    return sets | {(agency, b"") for agency in told - {agency for agency, _ in sets}}


def _rosters() -> dict[tuple[str, str], list[str]]:
    found = _ask(sa.text("SELECT partnership_id, version, agencies FROM roster"))
    return {(row["partnership_id"], row["version"]): row["agencies"].split(" ") for row in found}


def _ask(query: sa.TextClause, **given: Any) -> list[sa.RowMapping]:
    return list(op.get_bind().execute(query, given).mappings())


def _put(statement: str, rows: list[Row]) -> None:
    if rows:
        op.get_bind().execute(sa.text(statement), rows)


def _insert(table: str, rows: list[Row]) -> None:
    if rows:
        names = list(rows[0])
        into = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(':' + one for one in names)})"  # noqa: S608
        _put(into, rows)


# --- tables ---


def _add_salts_and_marks() -> None:
    op.create_table(
        "log_salts",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("n", name="pk_log_salts"),
    )
    op.create_table(
        "log_mark",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("agency", sa.String(length=64), nullable=False),
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("partnership_id", "agency", "n", "mark", name="pk_log_mark"),
        sqlite_with_rowid=False,
    )


def _anew(table: str, make: Any, columns: str, joined: str = "") -> None:
    """Make the table in another shape, with `columns` of what it holds."""
    before = f"{table}_before"
    _allow(table)
    op.rename_table(table, before)
    if op.get_bind().dialect.name == "postgresql":
        query = sa.text("SELECT conname FROM pg_constraint WHERE conrelid = CAST(:table AS regclass)")
        for row in _ask(query, table=before):
            op.execute(
                f'ALTER TABLE {before} RENAME CONSTRAINT "{row["conname"]}" TO "{row["conname"]}_before"'
            )
    make()
    op.execute(f"INSERT INTO {table} SELECT {columns} FROM {before} AS l {joined}")  # noqa: S608 - ours
    op.drop_table(before)


def _leaf() -> None:
    op.create_table(
        "log_leaf",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("position", BIG, autoincrement=False, nullable=False),
        sa.Column("n", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("partnership_id", "position", name="pk_log_leaf"),
        sa.UniqueConstraint("n", name="uq_log_leaf_n"),
        sqlite_with_rowid=False,
    )


def _leaf_before() -> None:
    op.create_table(
        "log_leaf",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("position", BIG, autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        _of("log_leaf", "event_id", "log_event"),
        _of("log_leaf", "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("partnership_id", "position", name="pk_log_leaf"),
        sa.UniqueConstraint("event_id", name="uq_log_leaf_event_id"),
    )


def _node(*more: sa.Constraint, **shape: bool) -> None:
    op.create_table(
        "log_node",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", BIG, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        *more,
        sa.PrimaryKeyConstraint("partnership_id", "level", "position", name="pk_log_node"),
        **(shape or {"sqlite_with_rowid": False}),
    )


def _node_before() -> None:
    _node(_of("log_node", "partnership_id", "partnership"), sqlite_with_rowid=True)


def _queue(*more: sa.Constraint, **shape: bool) -> None:
    op.create_table(
        "log_queue",
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("n", BIG, autoincrement=False, nullable=False),
        *more,
        sa.PrimaryKeyConstraint("partnership_id", "n", name="pk_log_queue"),
        **(shape or {"sqlite_with_rowid": False}),
    )


def _queue_before() -> None:
    event = sa.ForeignKeyConstraint(["n"], ["log_event.n"], name="fk_log_queue_n_log_event")
    _queue(event, _of("log_queue", "partnership_id", "partnership"), sqlite_with_rowid=True)


def _add_tables_of_before() -> None:
    _of_event("log_part", sa.Column("empty", sa.Boolean(), nullable=False))
    op.create_index(
        "ix_log_part_whole",
        "log_part",
        ["partnership_id", "agency", "event_id"],
        postgresql_where=sa.text("NOT empty"),
        sqlite_where=sa.text("NOT empty"),
    )
    _of_event("log_items", sa.Column("number", sa.Integer(), nullable=False), keys=("agency", "number"))
    _of_event("log_note")
    _of_event("log_empty", keys=())


def _of_event(table: str, *more: sa.Column[Any], keys: tuple[str, ...] = ("agency",)) -> None:
    agency = [sa.Column("agency", sa.String(length=64), nullable=False)] if keys else []
    op.create_table(
        table,
        sa.Column("partnership_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=44), nullable=False),
        *agency,
        *more,
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _of(table, "event_id", "log_event"),
        _of(table, "partnership_id", "partnership"),
        sa.PrimaryKeyConstraint("partnership_id", "event_id", *keys, name=f"pk_{table}"),
    )


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}")


def _allow(*tables: str) -> None:
    """Take away the triggers that refuse changes, until `_refuse` brings them back."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in tables:
        for what in ("update", "delete", "replace") if sqlite else ("change", "truncate"):
            op.execute(f"DROP TRIGGER IF EXISTS {table}_no_{what}" + ("" if sqlite else f" ON {table}"))


def _refuse(kept: dict[str, tuple[str, ...]]) -> None:
    for table, same in kept.items():
        if op.get_bind().dialect.name == "sqlite":
            refuse = f"SELECT RAISE(ABORT, '{table} is append-only');"
            there = " OR ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {one})" for one in same)  # noqa: S608
            op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} BEGIN {refuse} END")
            op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} BEGIN {refuse} END")
            op.execute(
                f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} BEGIN {refuse} END"
            )
        else:
            each = "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            op.execute(f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} {each}")
            op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} {each}")
