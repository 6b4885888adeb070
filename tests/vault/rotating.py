"""What the tests of rotation share: everything that is sealed, and a rotation that dies at some commit."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import insert, select

from conference import clock
from conference.cases.models import Field, FieldKind, Offered
from conference.db import Database
from conference.ids import new_id
from conference.vault.datakeys import Fault, for_opening
from conference.vault.envelope import NotSealedHere, decrypt, key_id_in
from conference.vault.models import DataKey
from conference.vault.seal import Place, Value, seal_all
from conference.vault.sealed_columns import SEALED
from conference.vault.unseal import Sealed, open_all
from tests.support.world import HOME, World

OWNERS = ("police", "nhs", "homes")
PROGRAM = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from conference import cli
from conference.vault import rotation, rotation_values
left, size = int(sys.argv[1]), int(sys.argv[2])
if size:
    rotation.BATCH = rotation_values.BATCH = size
@event.listens_for(Engine, "commit")
def committing(connection):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
sys.exit(cli.run(["keys", *sys.argv[3:]]))
"""


class Found(NamedTuple):
    """A sealed value: the data key it names, and what it says; None if it does not open."""

    data_key: str
    text: str | None


def everything(database: Database) -> dict[str, Found]:
    """All that is sealed, by its place."""
    found = {}
    with database.read() as session:
        for of in SEALED:
            rows = session.execute(select(of.table)).mappings().all()
            named = {key_id_in(bytes(row[one])) for row in rows for one in of.places if row[one]}
            keys = for_opening(session, named, "field")
            for row in rows:
                for column, place_of in of.places.items():
                    if row[column]:
                        blob, place = bytes(row[column]), place_of(dict(row))
                        key = keys.get(key_id_in(blob))
                        text = None
                        if key is not None and not isinstance(key, Fault):
                            try:
                                text = decrypt(key, blob, place).decode()
                            except NotSealedHere:
                                text = None
                        found[str(place)] = Found(key_id_in(blob), text)
    return found


def data_keys(database: Database) -> dict[str, Any]:
    """The rows of the data keys, by id."""
    with database.read() as session:
        return {row.id: row for row in session.scalars(select(DataKey))}


@dataclass
class Many:
    """Many fields in a case that no page of these tests shows: what each says, by id."""

    owner: dict[str, str] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)


def add_many(database: Database, world: World, count: int) -> Many:
    """So many fields of several owners about several people, sealed as the application would."""
    many, people = Many(), sorted(world.people.values())
    with database.read() as session:
        pattern = session.get_one(Field, world.fields["police/identity.name/victim"])
        record_id = pattern.record_id
    for start in range(0, count, 1_000):
        values, rows = [], []
        for number in range(start, min(start + 1_000, count)):
            field_id, owner = new_id("fld"), OWNERS[number % len(OWNERS)]
            many.owner[field_id], many.says[field_id] = owner, f"what {owner} says {number}"
            place = Place("field", field_id, "value/1")
            about = [people[number % len(people)]]
            values.append(Value(many.says[field_id], HOME, owner, about, place))
            rows.append({"id": field_id, "owner": owner})
        with database.write() as session:
            for row, blob in zip(rows, seal_all(session, values), strict=True):
                row["value"] = blob  # type: ignore[assignment]
            common = {
                "partnership_id": HOME,
                "record_id": record_id,
                "case_id": world.recused_case_id,
                "class_name": "vulnerability",
                "offered": Offered.NONE,
                "kind": FieldKind.FACT,
                "version": 1,
                "made_at": clock.now(),
                "made_by": world.staff["p-rep"],
            }
            session.execute(insert(Field), [{**common, **row} for row in rows])
    return many


def read_some(database: Database, many: Many, count: int) -> None:
    """Read some of them as the door would, and see that they say what they said."""
    ids = random.sample(sorted(many.says), count)
    with database.read() as session:
        blobs = dict(session.execute(select(Field.id, Field.value).where(Field.id.in_(ids))).all())  # type: ignore[arg-type]
        sealed = [
            Sealed(bytes(blobs[one]), HOME, many.owner[one], Place("field", one, "value/1")) for one in ids
        ]
        assert open_all(session, sealed) == [many.says[one] for one in ids]


@dataclass
class Meanwhile:
    """What happened beside a rotation: how often something was done, how long it took, what went wrong."""

    done: int = 0
    longest: float = 0.0
    faults: list[BaseException] = field(default_factory=list)


@contextmanager
def meanwhile(*works: Callable[[], None]) -> Iterator[list[Meanwhile]]:
    """Inside the block each of `works` is done over and over in a thread of its own."""
    stop, seen = threading.Event(), [Meanwhile() for _ in works]

    def go_on(work: Callable[[], None], noted: Meanwhile) -> None:
        while not stop.is_set():
            began = time.monotonic()
            try:
                work()
            except BaseException as fault:  # noqa: BLE001 - shown by the assertion
                noted.faults.append(fault)
                return
            noted.longest = max(noted.longest, time.monotonic() - began)
            noted.done += 1
            stop.wait(0.02)

    threads = [
        threading.Thread(target=go_on, args=pair, daemon=True) for pair in zip(works, seen, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def start(world: World, *typed: str, dies_at: int = 0, size: int = 0) -> subprocess.Popen[str]:
    """`conference keys …` in a process of its own. dies_at: the commit at which it is killed, before it."""
    environment = {
        "PATH": os.environ["PATH"],
        "CONFERENCE_DATA": str(world.settings.data),
        "CONFERENCE_KEYS": str(world.settings.keys),
        "CONFERENCE_DATABASE": world.settings.database,
    }
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(dies_at), str(size), *typed],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def ended(process: subprocess.Popen[str]) -> tuple[bool, str]:
    """Whether it was killed, and what it said; that it failed is a fault of the test."""
    said, _ = process.communicate(timeout=600)
    assert process.returncode in {0, -signal.SIGKILL}, said
    return process.returncode != 0, said
