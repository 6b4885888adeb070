"""The limit arm of `make bench-audit`: what one interpreter must do at least for a real event."""

from __future__ import annotations

import secrets
import sqlite3
from binascii import b2a_base64
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit import leaf_hash
from audit.event import commitment
from conference.trail.committing import Committer

AGENCIES = 15
WHOLE = 2  # agencies to which the event says something
BOUND = b"x" * 120
ITEM_TEXT, BODY_TEXT, LEAF_TEXT = (
    b"i" * 270,
    b"b" * 360,
    b"l" * 120,
)  # about those of `log_one`

Opened = Callable[[Path], sqlite3.Connection]


class Least(Committer):
    """What one interpreter must do at least for a real event, with no machinery around it.

    Salts, a commitment for each agency and one for the item, bodies and items sealed for two agencies, the
    salts of a group for each agency, a row as large as a real one; no checks, tree or triggers.
    """

    def __init__(self, raw: sqlite3.Connection) -> None:
        self._raw = raw
        self._raw.execute("CREATE TABLE event (n INTEGER PRIMARY KEY, leaf BLOB, hash BLOB, sealed BLOB)")
        self._raw.execute("CREATE TABLE salts (n INTEGER PRIMARY KEY, sealed BLOB)")
        self._keys = [AESGCM(secrets.token_bytes(32)) for _ in range(AGENCIES)]
        super().__init__(None)  # type: ignore[arg-type]

    def made(self) -> tuple[bytes, bytes, list[bytes], list[bytes]]:
        """A leaf, its hash, its salts, and what is to be sealed of it."""
        drawn = secrets.token_bytes(32 * (AGENCIES + 2))
        salts = [drawn[at : at + 32] for at in range(0, len(drawn), 32)]
        value = commitment(salts[-1], b"Wren")
        item = ITEM_TEXT + b2a_base64(value)
        body = BODY_TEXT + b2a_base64(commitment(salts[-2], item))
        hashes = [commitment(salt, body if at < WHOLE else b"{}") for at, salt in enumerate(salts[:AGENCIES])]
        leaf = LEAF_TEXT + b",".join([b2a_base64(one, newline=False) for one in hashes])
        return leaf, leaf_hash(leaf), salts[:AGENCIES], [salts[0] + body, drawn[-64:] + item] * 2

    @contextmanager
    def _begun(self) -> Iterator[Any]:
        self._raw.execute("BEGIN IMMEDIATE")
        yield None
        self._raw.execute("COMMIT")

    def _stored(self, _session: Any, group: list[Any], *, again: bool = False) -> list[bool]:
        del again
        events = [answer.prepared[0] for answer in group]
        rows = []
        for leaf, hashed, _, plain in events:
            nonces, ciphers = secrets.token_bytes(12 * len(plain)), self._keys[:2] * 2
            sealed = [
                cipher.encrypt(nonces[12 * at : 12 * at + 12], one, BOUND)
                for at, (cipher, one) in enumerate(zip(ciphers, plain, strict=True))
            ]
            rows.append((leaf, hashed, b"".join(sealed)))
        columns = zip(*[salts for _, _, salts, _ in events], strict=True)
        salts = [
            key.encrypt(secrets.token_bytes(12), b"".join(one), BOUND)
            for key, one in zip(self._keys, columns, strict=True)
        ]
        self._raw.executemany("INSERT INTO event (leaf, hash, sealed) VALUES (?, ?, ?)", rows)
        self._raw.execute("INSERT INTO salts (sealed) VALUES (?)", (b"".join(salts),))
        return [True] * len(group)

    def close(self) -> None:
        self._raw.close()


@contextmanager
def least(folder: Path, opened: Opened) -> Iterator[Callable[[], Callable[[], object]]]:
    """The limit of one interpreter, on SQLite."""
    with closing(Least(opened(folder / "least.db"))) as committer:

        def writer() -> Callable[[], object]:
            return lambda: committer.log([committer.made()], {})  # type: ignore[list-item]

        yield writer
