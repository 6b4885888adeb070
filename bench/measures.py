"""What is measured, and against what."""

from __future__ import annotations

import os
import secrets
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from conference import clock
from conference.cases.models import Case
from conference.sharing.door import disclose
from conference.trail import writing
from conference.vault.seal import Place, seal
from conference.vault.unseal import Sealed, open_all
from tests.support.client import application, signed_in
from tests.support.world import HOME, World, make

Pair = tuple[str, Callable[[], object], Callable[[], object]]
FIELDS = 200


@contextmanager
def a_world() -> Iterator[World]:
    """A small partnership in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        world = make(Path(folder))
        try:
            yield world
        finally:
            world.database.close()


@contextmanager
def sealing() -> Iterator[list[Pair]]:
    """Sealing and opening fields, against AES-GCM with associated data and nothing else."""
    texts = [secrets.token_hex(40) for _ in range(FIELDS)]
    raw = AESGCM(secrets.token_bytes(32))

    with a_world() as world, world.database.write() as session:
        who = world.people["victim"]

        def one(number: int, text: str) -> bytes:
            place = Place("field", f"fld_{number}", "value")
            return seal(session, text, partnership=HOME, owner="police", subjects=[who], place=place)

        blobs = [one(number, text) for number, text in enumerate(texts)]
        sealed = [
            Sealed(blob, HOME, "police", Place("field", f"fld_{number}", "value"))
            for number, blob in enumerate(blobs)
        ]
        plain = []
        for number, text in enumerate(texts):
            nonce = os.urandom(12)
            plain.append((nonce, raw.encrypt(nonce, text.encode(), f"fld_{number}".encode()), number))

        yield [
            (
                f"seal {FIELDS} fields / raw AESGCM with AAD",
                lambda: [one(number, text) for number, text in enumerate(texts)],
                lambda: [raw.encrypt(os.urandom(12), text.encode(), b"fld_1") for text in texts],
            ),
            (
                f"open {FIELDS} fields, one query / raw AESGCM with AAD",
                lambda: open_all(session, sealed),
                lambda: [raw.decrypt(nonce, blob, f"fld_{n}".encode()) for nonce, blob, n in plain],
            ),
        ]


@contextmanager
def logging() -> Iterator[list[Pair]]:
    """One durable event with its parts for five agencies, against one durable row."""
    with a_world() as world, tempfile.TemporaryDirectory() as folder, closing(_raw(Path(folder))) as raw:

        def ours() -> None:
            with world.database.write() as session:
                writing.record(
                    session,
                    "disclosure.shown",
                    partnership=HOME,
                    actor=world.staff["h-rep"],
                    agency="homes",
                    case=world.case_id,
                    items=[
                        writing.item(
                            field=world.fields["police/identity.name/victim"],
                            owner="police",
                            subjects=[world.people["victim"]],
                            class_name="identity.name",
                            level="full",
                            shown=b"Maria Kowalczyk",
                        )
                    ],
                )

        def other() -> None:
            with raw:
                raw.execute("INSERT INTO event (body) VALUES (?)", (secrets.token_bytes(300),))

        yield [("one event, durable, sealed for each agency / one raw durable row", ours, other)]


def _raw(folder: Path) -> sqlite3.Connection:
    raw = sqlite3.connect(folder / "raw.db")
    raw.execute("PRAGMA journal_mode=WAL")
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("CREATE TABLE event (n INTEGER PRIMARY KEY, body BLOB)")
    return raw


@contextmanager
def page() -> Iterator[list[Pair]]:
    """A whole case page, decided, opened, rendered and logged, against the door alone."""
    with a_world() as world:
        app = application(world)
        with clock.held(world.now):
            client = signed_in(app, world, "h-rep")
            viewer = world.viewer("h-rep")

            def ours() -> None:
                answer = client.get(f"/cases/{world.case_id}", base_url="http://localhost")
                assert answer.status_code == 200

            def door() -> None:
                with world.database.read() as session:
                    disclose(session, viewer, [session.get_one(Case, world.case_id)])

            yield [("a case page, logged durably / the door alone, not logged", ours, door)]


ALL = {"sealing": sealing, "logging": logging, "page": page}
