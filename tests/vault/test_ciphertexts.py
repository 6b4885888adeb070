"""Ciphertexts and wrapped keys that somebody moved, cut, put back or made anew: refused, named, logged.

Nothing else is harmed: the page shows all the others as before.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from conference import clock
from conference.cases import records
from conference.cases.models import Field, Offered
from conference.cases.services import By
from conference.db import Base
from conference.sharing.broken import INSTEAD
from conference.trail.reading import Wanted, events_for
from conference.trail.sequencer import place
from conference.vault.bodies import Part, seal_parts
from conference.vault.directory import UNREADABLE
from conference.vault.envelope import key_id_in
from conference.vault.seal import Place, seal
from conference.web import ConferenceFlask, JsonLines, parts_of
from tests.support.client import application, signed_in
from tests.support.world import AWAY, HOME, World, make, told

HOST = "http://localhost"
READERS = ("h-rep", "p-rep")
TARGET = "police/identity.name/perpetrator"  # what is attacked, unless it is said otherwise
SHOWN = {
    "police/identity.name/victim": "Maria Kowalczyk",
    "police/identity.name/child": "Zofia Kowalczyk",
    TARGET: "Adam Kowalczyk",
    "police/offending.order/perpetrator": "Bail to live at 12 Dyer Row",
    "homes/tenancy.status/victim": "Secure tenancy since 2 May 2019",
}
SAME_KEY = {TARGET, "police/offending.order/perpetrator", "police/intelligence/perpetrator"}
TABLES = ("field", "field_version", "data_key", "staff", "question", "consent", "override_request")


@dataclass
class Known:
    """A world on one database, whoever may write anything to it, and how it was."""

    world: World
    app: ConferenceFlask
    anything: sa.Engine
    old: bytes = b""
    shown: dict[str, set[str]] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def get(self, name: str, column: str = "value") -> bytes:
        """What is stored of a field."""
        table = Base.metadata.tables["field"]
        query = sa.select(table.c[column]).where(table.c.id == self.world.fields[name])
        with self.anything.connect() as connection:
            return bytes(connection.execute(query).scalar_one())

    def put(self, blob: bytes, name: str = TARGET, column: str = "value") -> None:
        """Store something else, without the application."""
        self.edit("field", self.world.fields[name], **{column: blob})

    def edit(self, table: str, row: str, **values: object) -> None:
        """Change a row, without the application."""
        of = Base.metadata.tables[table]
        with self.anything.begin() as connection:
            _unbound(connection)
            assert connection.execute(of.update().where(of.c.id == row).values(**values)).rowcount == 1

    def key_of(self, name: str) -> dict[str, Any]:
        """The data key of a field's value."""
        of = Base.metadata.tables["data_key"]
        with self.anything.connect() as connection:
            query = sa.select(of).where(of.c.id == key_id_in(self.get(name)))
            return dict(connection.execute(query).mappings().one())

    def edit_key(self, **values: object) -> None:
        """Change the data key of the target."""
        self.edit("data_key", self.key_of(TARGET)["id"], **values)


def _unbound(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    else:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    folder = tmp_path_factory.mktemp("ciphertexts")
    if request.param == "sqlite":
        yield from _known(folder, None)
    else:
        with request.getfixturevalue("postgres_cluster").database() as url:
            yield from _known(folder, url)


def _known(folder: Path, url: str | None) -> Iterator[Known]:
    world = make(folder, url)
    anything = sa.create_engine(world.root) if world.root else world.database.engine
    known = Known(world, application(world), anything)
    known.old = known.get(TARGET)
    with told("corrected", world.now), world.database.write() as session:
        records.correct_field(
            session,
            session.get_one(Field, world.fields[TARGET]),
            value=SHOWN[TARGET],
            recorded_at=None,
            by=world.staff["p-rep"],
            at=world.now,
        )
    place(world.database, HOME)
    with anything.connect() as connection:
        for name in TABLES:
            table = Base.metadata.tables[name]
            known.rows[name] = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
    for who in READERS:
        whole = page(known, who)
        known.shown[who] = {name for name, text in SHOWN.items() if text in whole}
        assert TARGET in known.shown[who]
    yield known
    parts_of(known.app).database.close()
    world.database.close()
    anything.dispose()


@pytest.fixture
def edited(known: Known) -> Iterator[Known]:
    yield known
    with known.anything.begin() as connection:
        _unbound(connection)
        for name, rows in known.rows.items():
            table = Base.metadata.tables[name]
            connection.execute(table.delete())
            if rows:
                connection.execute(table.insert(), rows)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the application writes to its own log."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("conference")
    logger.addHandler(handler)
    yield out
    logger.removeHandler(handler)


# --- what is done to it ------------------------------------------------------------------------------------


def sealed(known: Known, *, owner: str, at: str, who: str = "perpetrator") -> bytes:
    """A value that the application sealed for the very place of the target, for somebody else."""
    where = Place("field", known.world.fields[TARGET], "value/2")
    with known.world.database.write() as session:
        return seal(
            session,
            "Moved here",
            partnership=at,
            owner=owner,
            subjects=[known.world.people[who]],
            place=where,
        )


def part_of_the_log(known: Known) -> bytes:
    where = Place("field", known.world.fields[TARGET], "value/2")
    subjects = (known.world.people["perpetrator"],)
    with known.world.database.write() as session:
        return seal_parts(session, [Part(b"Moved here", HOME, "police", where, subjects)])[0]


def flipped(blob: bytes, at: int) -> bytes:
    at %= len(blob)
    return blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :]


def swap(known: Known, one: str, other: str) -> None:
    first, second = known.get(one), known.get(other)
    known.put(second, one)
    known.put(first, other)


def cut(length: int) -> Callable[[Known], None]:
    return lambda known: known.put(known.get(TARGET)[:length])


def flip(at: int) -> Callable[[Known], None]:
    return lambda known: known.put(flipped(known.get(TARGET), at))


def moved(name: str, column: str = "value") -> Callable[[Known], None]:
    return lambda known: known.put(known.get(name, column))


def rekeyed(**values: object) -> Callable[[Known], None]:
    return lambda known: known.edit_key(**values)


def wrapped(change: Callable[[bytes], bytes]) -> Callable[[Known], None]:
    return lambda known: known.edit_key(wrapped=change(known.key_of(TARGET)["wrapped"]))


def wrapped_of(name: str) -> Callable[[Known], None]:
    return lambda known: known.edit_key(wrapped=known.key_of(name)["wrapped"])


def wrapped_before(known: Known) -> None:
    """The wrapping of before a rotation, said to be of after it."""
    before = known.key_of(TARGET)
    name = known.world.database.keys.new_version(HOME, "police")
    known.edit_key(wrapped=before["wrapped"], wrapped_by=name)


Attack = Callable[[Known], object]
VALUES: dict[str, tuple[Attack, set[str]]] = {
    "swapped-rows": (
        lambda known: swap(known, TARGET, "police/identity.name/child"),
        {TARGET, "police/identity.name/child"},
    ),
    "swapped-classes-of-one-key": (
        lambda known: swap(known, TARGET, "police/offending.order/perpetrator"),
        {TARGET, "police/offending.order/perpetrator"},
    ),
    "another-class": (moved("police/identity.dob/victim"), {TARGET}),
    "another-column": (moved("police/offending.order/perpetrator", "summary"), {TARGET}),
    "another-agency": (moved("homes/tenancy.status/victim"), {TARGET}),
    "put-back": (lambda known: known.put(known.old), {TARGET}),
    "emptied": (cut(0), {TARGET}),
    "cut-to-its-head": (cut(29), {TARGET}),
    "cut-to-its-key": (cut(17), {TARGET}),
    "cut-short": (cut(-1), {TARGET}),
    "longer": (lambda known: known.put(known.get(TARGET) + b"\0"), {TARGET}),
    "format": (flip(0), {TARGET}),
    "key-id": (flip(5), {TARGET}),
    "nonce": (flip(20), {TARGET}),
    "ciphertext": (flip(30), {TARGET}),
    "tag": (flip(-1), {TARGET}),
    "sealed-for-another-agency": (lambda known: known.put(sealed(known, owner="homes", at=HOME)), {TARGET}),
    "sealed-for-the-house": (lambda known: known.put(sealed(known, owner="conference", at=HOME)), {TARGET}),
    "sealed-for-another-partnership": (
        lambda known: known.put(sealed(known, owner="police", at=AWAY)),
        {TARGET},
    ),
    "part-of-the-log": (lambda known: known.put(part_of_the_log(known)), {TARGET}),
}
KEYS: dict[str, Attack] = {
    "wrapped-swapped": wrapped_of("police/identity.name/child"),
    "wrapped-of-another-agency": wrapped_of("homes/tenancy.status/victim"),
    "wrapped-cut": wrapped(lambda blob: blob[:-1]),
    "wrapped-emptied": wrapped(lambda _: b""),
    "wrapped-to-a-nonce": wrapped(lambda blob: blob[:12]),
    "wrapped-longer": wrapped(lambda blob: blob + b"\0"),
    "wrapped-flipped-nonce": wrapped(lambda blob: flipped(blob, 0)),
    "wrapped-flipped": wrapped(lambda blob: flipped(blob, 40)),
    "wrapped-flipped-tag": wrapped(lambda blob: flipped(blob, -1)),
    "wrapped-before": wrapped_before,
    "wrapped-by-a-version-that-is-not": rekeyed(wrapped_by=77),
    "wrapped-by-none": rekeyed(wrapped_by=0),
    "version": rekeyed(version=2),
    "purpose": rekeyed(purpose="body", current=False),
    "owner": rekeyed(owner="homes"),
    "subjects": lambda known: known.edit_key(subjects=known.world.people["child"], current=False),
    "no-subjects": rekeyed(subjects="", current=False),
    "partnership": rekeyed(partnership_id=AWAY),
    "id": rekeyed(id="dky_" + "a" * 26),
}
TABLE = {
    **{f"value-{name}": attack for name, attack in VALUES.items()},
    **{f"key-{name}": (attack, SAME_KEY) for name, attack in KEYS.items()},
}


def page(known: Known, who: str) -> str:
    answer = ask(known, who, f"/cases/{known.world.case_id}")
    assert "Disclosure-Receipt" in answer.headers
    return answer.get_data(as_text=True)


def ask(known: Known, who: str, path: str) -> TestResponse:
    with clock.held(known.world.now):
        answer = signed_in(known.app, known.world, who).get(path, base_url=HOST)
    assert answer.status_code == 200, (who, path)
    return answer


def logged(known: Known, agency: str) -> set[tuple[str, ...]]:
    """What the agency reads of seals that were broken: what each is about, its mark, whose staff asked."""
    with known.world.database.read() as session:
        found = events_for(session, HOME, agency, Wanted(names=("seal.broken",)))
        return {(*one.about, one.mark or "", one.agency or "") for one in found}


@pytest.mark.parametrize("how", TABLE)
def test_it_is_refused_named_and_logged_and_the_rest_is_whole(
    edited: Known, how: str, lines: io.StringIO
) -> None:
    attack, harmed = TABLE[how]
    attack(edited)
    at = edited.world.fields
    for who in READERS:
        shown = page(edited, who)
        for name, text in SHOWN.items():
            assert (text in shown) == (name in edited.shown[who] - harmed), (who, name)
        assert "Moved here" not in shown
    places = {json.loads(line).get("place", "").split(" ")[1] for line in lines.getvalue().splitlines()
              if json.loads(line)["message"] == "SealBroken"}  # fmt: skip
    lacked = {(at[name], who) for who in READERS for name in harmed & edited.shown[who]}
    assert {one for one, _ in lacked} <= places <= {at[name] for name in harmed}
    said = {(about, whose) for about, _, whose in logged(edited, "police")}
    assert {(one, {"h-rep": "homes", "p-rep": "police"}[who]) for one, who in lacked} <= said


def test_what_is_not_harmed_is_in_no_event_of_another_agency(edited: Known) -> None:
    """The NHS, whose staff did not ask and whose field it is not, learns nothing of it."""
    edited.put(b"")
    page(edited, "h-rep")
    assert logged(edited, "nhs") == set()


def test_an_earlier_reason_for_withholding_is_refused(edited: Known, lines: io.StringIO) -> None:
    known, name = edited, "police/intelligence/perpetrator"
    by = By(known.world.staff["p-rep"], "police")
    blobs = []
    for reason in ("The first reason", "The second reason"):
        with told(reason, known.world.now), known.world.database.write() as session:
            found = session.get_one(Field, known.world.fields[name])
            records.set_offer(session, found, Offered.NONE, by=by, withheld_reason=reason)
        blobs.append(known.get(name, "withheld_reason"))
    path = f"/cases/{known.world.case_id}/research"
    assert "The second reason" in ask(known, "p-rep", path).get_data(as_text=True)
    known.put(blobs[0], name, "withheld_reason")
    shown = ask(known, "p-rep", path).text
    assert "The first reason" not in shown
    assert "The second reason" not in shown
    assert f"field {known.world.fields[name]} withheld_reason/2" in lines.getvalue()


PAGES = {
    "question": ("h-rep", lambda world: f"/questions/{world.question_id}", "question", "question_id", "text"),
    "override": (
        "h-rep",
        lambda world: f"/cases/{world.case_id}/overrides/{world.override_id}",
        "override_request",
        "override_id",
        "necessity",
    ),
    "consent": (
        "v-idva",
        lambda world: f"/cases/{world.case_id}/consents",
        "consent",
        "consent_id",
        "given_how",
    ),
}


@pytest.mark.parametrize("what", PAGES)
def test_what_else_was_written_says_that_it_was_changed(edited: Known, what: str) -> None:
    who, path, table, at, column = PAGES[what]
    row = str(getattr(edited.world, at))
    before = logged(edited, "haven" if who == "v-idva" else "homes")
    [stored] = [one for one in edited.rows[table] if one["id"] == row]
    edited.edit(table, row, **{column: flipped(bytes(stored[column]), 31)})
    assert INSTEAD in ask(edited, who, path(edited.world)).text
    after = logged(edited, "haven" if who == "v-idva" else "homes")
    assert {one[:2] for one in after - before} == {(row, f"{table}.{column}")}


def test_a_changed_name_of_somebody_on_the_staff_is_not_believed(edited: Known, lines: io.StringIO) -> None:
    staff = edited.world.staff
    rows = {row["id"]: row for row in edited.rows["staff"]}
    edited.edit("staff", staff["p-rep"], name_sealed=rows[staff["n-rep"]]["name_sealed"])
    shown = page(edited, "p-rep")
    assert UNREADABLE in shown
    assert SHOWN[TARGET] in shown
    assert f"staff {staff['p-rep']} name" in lines.getvalue()
