"""Proofs from a log in SQLite, small and big, each read with an empty cache."""

from __future__ import annotations

import random
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.orm import Session

from audit import append
from audit.tree import consistency_spans, inclusion_spans, peaks
from bench.audit_arms import real
from conference.trail.sqlstore import SqlStore

SMALL, BIG = 1_000, 1_000_000
MOST_MS, MOST_GROWTH = 0.15, 3.0
PROOFS = 60  # in a round


def measured(rounds: int) -> Iterator[tuple[str, float, float]]:
    """What was measured, how much it was, and how much it may be."""
    with ExitStack() as stack:
        sessions = {size: stack.enter_context(_log(size)) for size in (SMALL, BIG)}
        found: dict[tuple[str, int], list[float]] = {}
        for _ in range(rounds):
            for size, session in sessions.items():
                for kind in ("inclusion", "consistency"):
                    found.setdefault((kind, size), []).append(_proofs(session, kind, size))
    for kind in ("inclusion", "consistency"):
        small, big = (statistics.median(found[kind, size]) for size in (SMALL, BIG))
        yield f"{kind} proof, cold, from SQLite at 10^6 leaves, ms", big, MOST_MS
        yield f"{kind} proof at 10^6 / at 10^3", big / small, MOST_GROWTH


def _proofs(session: Session, kind: str, size: int) -> float:
    """The median milliseconds of one proof; what the connection has read before is forgotten each time."""
    draw, spent = random.Random(size), []
    store = SqlStore(session, "north")
    raw = session.connection().connection.dbapi_connection
    assert raw is not None
    for _ in range(PROOFS):
        which = draw.randrange(1, size)
        raw.execute("PRAGMA shrink_memory")
        began = time.perf_counter()
        if kind == "inclusion":
            store.proof(inclusion_spans(which, size))
        else:
            store.proof(consistency_spans(which, size))
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


@contextmanager
def _log(size: int) -> Iterator[Session]:
    """A session over a log of that many leaves, of which only what the tree needs is there."""
    with TemporaryDirectory() as folder, real(Path(folder)) as made:
        with closing(sqlite3.connect(f"{folder}/real.db")) as raw, raw:
            _fill(raw, size)
        with made.database.read() as session:
            yield session


def _fill(raw: sqlite3.Connection, size: int) -> None:
    edge: dict[tuple[int, int], bytes] = {}
    for start in range(0, size, 10_000):
        count = min(10_000, size - start)
        hashes = [number.to_bytes(32, "big") for number in range(start, start + count)]
        fresh = append(lambda level, at: edge[level, at], start, hashes)  # noqa: B023 - called at once
        made = edge | {(node.level, node.position): node.hash for node in fresh}
        edge = {tuple(place): made[tuple(place)] for place in peaks(start + count)}  # type: ignore[misc]
        leaves = [("north", at, at + 1, one) for at, one in enumerate(hashes, start=start)]
        raw.executemany(
            "INSERT INTO log_leaf (partnership_id, position, n, hash) VALUES (?, ?, ?, ?)", leaves
        )
        nodes = [("north", *node) for node in fresh if node.level]
        raw.executemany(
            "INSERT INTO log_node (partnership_id, level, position, hash) VALUES (?, ?, ?, ?)", nodes
        )
