"""The bare arms of `make bench-audit`: our committer over nothing but the tree."""

from __future__ import annotations

import secrets
import sqlite3
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from typing import Any, LiteralString

import psycopg

from audit import append, leaf_hash
from audit.tree import Hash, Node
from conference import driver
from conference.trail.committing import Committer

Leaf = tuple[int, bytes, Hash]
Writer = Callable[[], Callable[[], object]]


class Bare(Committer):
    """Leaves that are ready, hashed and stored with the nodes above them."""

    def __init__(self) -> None:
        self._edge: dict[int, Hash] = {}  # at each level the newest left subtree: all that growing reads
        self._size = 0
        super().__init__(None)  # type: ignore[arg-type]

    def _stored(self, _session: Any, group: list[Any], *, again: bool = False) -> list[bool]:
        del again
        leaves: list[bytes] = [answer.prepared[0] for answer in group]
        hashes = [leaf_hash(leaf) for leaf in leaves]
        fresh = append(lambda level, _: self._edge[level], self._size, hashes)
        numbers = range(self._size, self._size + len(leaves))
        self._insert(list(zip(numbers, leaves, hashes, strict=True)), [node for node in fresh if node.level])
        self._edge.update([(node.level, node.hash) for node in fresh if not node.position & 1])
        self._size += len(leaves)
        return [True] * len(group)

    @abstractmethod
    def _insert(self, leaves: Sequence[Leaf], nodes: Sequence[Node]) -> None:
        """Into the transaction that has begun."""

    def writer(self, size: int) -> Callable[[], object]:
        """Logs a leaf of that many bytes."""
        leaf = secrets.token_bytes(size)
        return lambda: self.log([leaf], {})  # type: ignore[list-item]


class OnSqlite(Bare):
    """One statement for each table."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        super().__init__()
        self._raw = raw
        self._raw.execute("CREATE TABLE leaf (n INTEGER PRIMARY KEY, body BLOB, hash BLOB)")
        key = "PRIMARY KEY (level, n)"  # one tree, as that of LogNode
        self._raw.execute(f"CREATE TABLE node (level INTEGER, n INTEGER, hash BLOB, {key}) WITHOUT ROWID")

    @contextmanager
    def _begun(self) -> Iterator[Any]:
        self._raw.execute("BEGIN IMMEDIATE")
        yield None
        self._raw.execute("COMMIT")

    def _insert(self, leaves: Sequence[Leaf], nodes: Sequence[Node]) -> None:
        self._into("leaf", leaves)
        self._into("node", nodes)

    def _into(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            values = ",".join(["(?,?,?)"] * len(rows))
            self._raw.execute(
                f"INSERT INTO {table} VALUES {values}",  # noqa: S608 - ours
                [value for row in rows for value in row],
            )


class OnPostgresql(Bare):
    """One statement for both tables, which is the transaction too."""

    _INTO: LiteralString = (
        "WITH leaves AS (INSERT INTO leaf SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::bytea[]))"
        " INSERT INTO node SELECT * FROM unnest(%b::integer[], %b::bigint[], %b::bytea[])"
    )
    _KINDS = ("BIGINT", "BYTEA", "BYTEA"), ("INTEGER", "BIGINT", "BYTEA")

    def __init__(self, url: str) -> None:
        super().__init__()
        self._raw = psycopg.connect(url, autocommit=True)
        driver.know_arrays(self._raw, None)
        self._raw.execute("CREATE TABLE leaf (n bigint PRIMARY KEY, body bytea, hash bytea)")
        self._raw.execute("CREATE TABLE node (level integer, n bigint, hash bytea, PRIMARY KEY (level, n))")

    def _begun(self) -> Any:
        return nullcontext()

    def _insert(self, leaves: Sequence[Leaf], nodes: Sequence[Node]) -> None:
        given = [
            driver.array(kind, column)
            for kinds, rows in zip(self._KINDS, (leaves, nodes), strict=True)
            for kind, column in zip(kinds, zip(*rows, strict=True) if rows else [()] * 3, strict=True)
        ]
        self._raw.execute(self._INTO, given, prepare=True)

    def close(self) -> None:
        self._raw.close()


@contextmanager
def on_sqlite(raw: sqlite3.Connection, size: int) -> Iterator[Writer]:
    """The tree alone, on SQLite."""
    with closing(raw):
        committer = OnSqlite(raw)
        yield lambda: committer.writer(size)


@contextmanager
def on_postgresql(url: str, size: int) -> Iterator[Writer]:
    """The same on PostgreSQL."""
    with closing(OnPostgresql(url)) as committer:
        yield lambda: committer.writer(size)
