"""Whoever writes SQL without the key file: each edit is refused, named and logged, and shows nobody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import itertools
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask.testing import FlaskClient

from conference import clock
from conference.cases import records
from conference.cases import services as cases
from conference.cases.models import Case, ExclusionKind, Field, Record
from conference.cases.records import write_for_conference
from conference.db import Base
from conference.identity.sessions import cookie_name
from conference.sharing import consents, policy
from conference.sharing.models import ConsentRow, DecisionRow, PolicyVersion
from conference.trail.reading import Wanted, events_for
from conference.trail.sequencer import place
from conference.vault.errors import RowBroken
from conference.web import ConferenceFlask, JsonLines, parts_of
from tests.live.marks import asked_by
from tests.support.client import application, signed_in
from tests.support.world import HOME, STAFF, World, add, by, make, told
from tests.test_postgres import words

HOST = "http://localhost"
VALUES = ("Maria", "Kowalczyk", "Larch Walk", "has a knife", "Old wishes", "overdose", "near the school")
WHY = "She is in danger tonight"
NOBODY = {"agency", "staff", "staff_role"}  # nobody is signed in then who could have asked
ONE_VALUE = {"old value"}  # it alone does not open: the rest of the page is whole


@dataclass
class Known:
    """A world on one database, and what stands in the tables that are edited."""

    world: World
    app: ConferenceFlask
    anything: sa.Engine  # signed in as whoever may edit whatever they like
    ids: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


EDITED = (
    *("agency", "staff", "staff_role", "conference_type", "person", "case", "case_person", "case_agency"),
    *(
        "case_assignment",
        "case_reason",
        "case_exclusion",
        "record",
        "record_subject",
        "field",
        "field_source",
    ),
    *("field_audience", "policy_version", "consent", "decision", "partnership", "web_session"),
)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def known(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Known]:
    folder = tmp_path_factory.mktemp("edited")
    if request.param == "sqlite":
        yield from _known(folder, None)
    else:
        with request.getfixturevalue("postgres_cluster").database() as url:
            yield from _known(folder, url)


def _known(folder: Path, url: str | None) -> Iterator[Known]:
    world = make(folder, url)
    anything = sa.create_engine(world.root) if world.root else world.database.engine
    known = Known(world, application(world), anything)
    with told("more", world.now), world.database.write() as session:
        _more(session, known)
    place(world.database, HOME)
    with known.anything.connect() as connection:
        for name in EDITED:
            table = Base.metadata.tables[name]
            known.rows[name] = [dict(row) for row in connection.execute(sa.select(table)).mappings()]
    yield known
    parts_of(known.app).database.close()
    world.database.close()
    known.anything.dispose()


def _more(session: Any, known: Known) -> None:
    """A refusal, a decision, a corrected field, a text that repeats a field, a case for the police alone."""
    world = known.world
    case = session.get_one(Case, world.case_id)
    victim = world.people["victim"]
    old = add(session, world, case, "v-idva", "wishes", "Old wishes of hers", name="corrected")
    records.correct_field(
        session, old, value="New ones", recorded_at=None, by=world.staff["v-idva"], at=clock.now()
    )
    refusal = consents.record_consent(
        session,
        case,
        victim,
        word={
            "decision": "refuse",
            "purposes": ["tenancy-support"],
            "recipients": ["homes"],
            "classes": ["health"],
        },
        how="Alone",
        by=by(world, "v-idva"),
        at=clock.now(),
    )
    decision = consents.record_decision(
        session,
        case,
        decision={
            "kind": "break-glass",
            "person": victim,
            "owner": "nhs",
            "recipients": ["homes"],
            "purposes": ["prevent-serious-harm"],
            "classes": ["health"],
            "level": "summary",
            "reason": WHY,
            "requested_by": world.staff["h-rep"],
            "from": clock.moment(clock.now()),
            "until": clock.moment(clock.now() + timedelta(minutes=30)),
        },
        by=by(world, "h-rep"),
        at=clock.now(),
    )
    text = write_for_conference(
        session,
        case,
        class_name="conference.note",
        value="A note",
        about=[victim],
        sources=[world.fields["police/intelligence/perpetrator"]],
        audience=[world.staff["p-rep"]],
        by=by(world, "s-chair"),
        at=clock.now(),
    )
    alone = cases.open_case(
        session,
        partnership_id=HOME,
        conference_type=case.conference_type,
        agencies=["police"],
        by=by(world, "p-rep"),
        at=clock.now(),
    )
    cases.assign(session, alone, world.staff["h-rep"], by=by(world, "p-rep"), at=clock.now())
    known.ids = {
        "case": case.id,
        "alone": alone.id,
        "recused": world.recused_case_id,
        "old": old.id,
        "safe": world.fields["haven/contact.safe-address/victim"],
        "knife": world.fields["police/intelligence/perpetrator"],
        "refusal": refusal.id,
        "decision": decision.id,
        "note": text.id,
        **world.people,
        **{who.replace("-", "_"): staff for who, staff in world.staff.items()},
    }


@pytest.fixture
def edited(known: Known) -> Iterator[Known]:
    yield known
    put_back(known)


def put_back(known: Known) -> None:
    with known.anything.begin() as connection:
        _unbound(connection)
        for name, rows in known.rows.items():
            table = Base.metadata.tables[name]
            connection.execute(table.delete())
            if rows:
                connection.execute(table.insert(), rows)


def _unbound(connection: sa.Connection) -> None:
    """Let rows come and go in any order."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    else:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")


def edit(known: Known, statement: str) -> None:
    with known.anything.begin() as connection:
        _unbound(connection)
        named = {name: value for name, value in known.ids.items() if f":{name}" in statement}
        assert connection.execute(sa.text(statement), named).rowcount, statement


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("conference")
    logger.addHandler(handler)
    yield out
    logger.removeHandler(handler)


_RECEIPT = re.compile(r"v1 req_\S+ \S+")
_NONCE = re.compile(r"nonce(-|=\")[A-Za-z0-9+/=]{24}")  # all that an answer without a receipt draws anew


def unnoticed_beyond_the_wall(edited: Known, what: str) -> str | None:
    """Edit a row that the database does not show this reader: their page stays. Who reads it next."""
    statement, who, path, _ = EDITS[what]
    before = ask(edited, who, path)
    edit(edited, statement)
    after = ask(edited, who, path)
    assert before.status_code == after.status_code == 200
    assert _RECEIPT.sub("", words(before)) == _RECEIPT.sub("", words(after))
    return BEYOND[what]


# On PostgreSQL the database shows nobody else what is not offered: who notices that it was edited, if anybody
# is shown the row at all.
BEYOND = {"kind": "p-rep", "no seal": "p-rep", "owner": None}

CASE, ALONE, RECUSED = "/cases/{case}", "/cases/{alone}", "/cases/{recused}"

# What is done, who looks where, and what the log line names.
EDITS: dict[str, tuple[str, str, str, str]] = {
    "class and level": (
        "UPDATE field SET class_name = 'wishes', offered = 'FULL' WHERE id = :safe",
        *("h-rep", CASE, "field {safe}"),
    ),
    "level": ("UPDATE field SET offered = 'FULL' WHERE id = :knife", "h-rep", CASE, "field {knife}"),
    "kind": ("UPDATE field SET kind = 'OPINION' WHERE id = :knife", "h-rep", CASE, "field {knife}"),
    "owner": ("UPDATE field SET owner = 'homes' WHERE id = :knife", "h-rep", CASE, "field {knife}"),
    "seal of another": (
        (
            "UPDATE field SET offered = 'FULL', row_seal = (SELECT row_seal FROM field WHERE id = :safe) "
            "WHERE id = :knife"
        ),
        *("h-rep", CASE, "field {knife}"),
    ),
    "no seal": ("UPDATE field SET row_seal = NULL WHERE id = :knife", "h-rep", CASE, "field {knife}"),
    "summary gone": (
        "UPDATE field SET summary = NULL WHERE class_name = 'tenancy.arrears'",
        *("p-rep", CASE, "field "),
    ),
    "another case": ("UPDATE field SET case_id = :alone WHERE id = :knife", "h-rep", ALONE, ""),
    "person": (
        (
            "UPDATE record_subject SET person_id = :child WHERE record_id = "
            "(SELECT record_id FROM field WHERE id = :safe)"
        ),
        *("h-rep", CASE, "field {safe}"),
    ),
    "role in the case": (
        "UPDATE case_person SET role = 'OTHER' WHERE case_id = :case AND person_id = :victim",
        *("h-rep", CASE, "case_person {case} {victim}"),
    ),
    "old value": (
        "UPDATE field SET value = (SELECT value FROM field_version WHERE field_id = :old) WHERE id = :old",
        *("v-idva", CASE, "field {old} value/2"),
    ),
    "old value and version": (
        (
            "UPDATE field SET version = 1, value = (SELECT value FROM field_version WHERE field_id = :old) "
            "WHERE id = :old"
        ),
        *("v-idva", CASE, "field {old}"),
    ),
    "a source less": ("DELETE FROM field_source WHERE field_id = :note", "h-rep", CASE, "field {note}"),
    "one more in the room": (
        (
            "INSERT INTO field_audience (field_id, staff_id, partnership_id) "
            "SELECT :note, id, partnership_id FROM staff WHERE id = :h_rep"
        ),
        *("h-rep", CASE, "field {note}"),
    ),
    "refusal deleted": ("DELETE FROM consent WHERE id = :refusal", "h-rep", CASE, "person {victim}"),
    "refusal edited": (
        ("UPDATE consent SET document = replace(document, '\"refuse\"', '\"grant\"') WHERE id = :refusal"),
        *("h-rep", CASE, "consent {refusal}"),
    ),
    "refusal moved": (
        "UPDATE consent SET person_id = :child WHERE id = :refusal",
        *("h-rep", CASE, "consent {refusal}"),
    ),
    "decision deleted": ("DELETE FROM decision WHERE id = :decision", "h-rep", CASE, "person {victim}"),
    "decision edited": (
        ("UPDATE decision SET document = replace(document, '\"summary\"', '\"full\"')"),
        *("h-rep", CASE, "decision {decision}"),
    ),
    "a decision more": (
        (
            "INSERT INTO decision (id, person_id, document, recorded_at, partnership_id, row_seal) "
            "SELECT 'dcn_x', person_id, document, recorded_at, partnership_id, row_seal FROM decision"
        ),
        *("h-rep", CASE, "decision dcn_x"),
    ),
    "policy edited": (
        "UPDATE policy_version SET document = document || ' '",
        *("h-rep", CASE, "policy_version "),
    ),
    "policy deleted": (
        "DELETE FROM policy_version WHERE partnership_id = 'nm'",
        "h-rep",
        CASE,
        "partnership nm",
    ),
    "purpose": ("UPDATE conference_type SET purpose = 'audit'", "h-rep", CASE, "conference_type "),
    "agency of staff": (
        "UPDATE staff SET agency_id = 'haven' WHERE id = :h_rep",
        "h-rep",
        CASE,
        "staff {h_rep}",
    ),
    "role of staff": (
        "UPDATE staff_role SET role = 'idva' WHERE staff_id = :h_rep",
        *("h-rep", CASE, "staff {h_rep}"),
    ),
    "a role more": (
        "INSERT INTO staff_role (staff_id, role) VALUES (:h_rep, 'idva')",
        *("h-rep", CASE, "staff {h_rep}"),
    ),
    "training": (
        "UPDATE staff SET trained_until = '2099-01-01' WHERE id = :h_rep",
        *("h-rep", CASE, "staff {h_rep}"),
    ),
    "kind of agency": (
        "UPDATE agency SET kind = 'idva' WHERE id = 'homes'",
        "h-rep",
        CASE,
        "agency homes",
    ),
    "provider of agency": (
        "UPDATE agency SET oidc_issuer = 'https://evil.example' WHERE id = 'homes'",
        *("h-rep", CASE, "agency homes"),
    ),
    "listed by hand": (
        (
            "INSERT INTO case_agency (case_id, agency_id, research, partnership_id) "
            "VALUES (:alone, 'homes', 'NOT_STARTED', 'nm')"
        ),
        *("h-rep", ALONE, "case_agency {alone} homes"),
    ),
    "assigned by hand": (
        (
            "INSERT INTO case_assignment (case_id, staff_id, since, partnership_id) "
            "SELECT case_id, :p_other, since, partnership_id FROM case_assignment WHERE staff_id = :p_rep"
        ),
        *("p-other", CASE, "case_assignment {case} {p_other}"),
    ),
    "reason by hand": (
        (
            "INSERT INTO case_reason (id, case_id, staff_id, given_at, until, partnership_id) "
            "SELECT 'crn_x', id, :p_other, '2026-11-24 00:00:00+00', '2099-01-01 00:00:00+00', 'nm' "
            'FROM "case" WHERE id = :case'
        ),
        *("p-other", CASE, "case_reason crn_x"),
    ),
    "exclusion deleted": (
        "DELETE FROM case_exclusion WHERE staff_id = :h_rep",
        "h-rep",
        RECUSED,
        "staff {h_rep}",
    ),
    "exclusion lifted": (
        "UPDATE case_exclusion SET lifted_at = since",
        *("h-rep", RECUSED, "case_exclusion "),
    ),
    "exclusion moved": (
        "UPDATE case_exclusion SET staff_id = :p_other",
        *("h-rep", RECUSED, "staff {h_rep}"),
    ),
    "reference of the case": (
        ("UPDATE \"case\" SET reference = 'NM-XXXXXX' WHERE id = :case"),
        *("h-rep", CASE, "case {case}"),
    ),
}


NUMBER = itertools.count()  # no two requests have the same random ids


def ask(known: Known, who: str, path: str) -> Any:
    with told(f"{who} {path} {next(NUMBER)}", known.world.now):
        return signed_in(known.app, known.world, who).get(path.format(**known.ids), base_url=HOST)


def errors(lines: io.StringIO) -> list[str]:
    """The places that the application's log names as faults."""
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    return [line["place"] for line in said if line["level"] == "error"]


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_is_refused_named_and_logged(edited: Known, what: str, lines: io.StringIO) -> None:
    statement, who, path, named = EDITS[what]
    if edited.world.root and what in BEYOND:
        who = unnoticed_beyond_the_wall(edited, what)
        if who is None:
            return
    else:
        edit(edited, statement)
    before = said_of_broken(edited, who).keys()
    answer = ask(edited, who, path)
    body = answer.get_data(as_text=True)
    if what in ONE_VALUE:
        assert answer.status_code == 200
        assert "Old wishes" not in body
        assert [one for one in errors(lines) if one.startswith(named.format(**edited.ids))]
        assert "Old wishes" not in lines.getvalue()
        return
    assert "Disclosure-Receipt" not in answer.headers
    assert not [value for value in VALUES if value in body]
    if not named:  # gone from where it was, and nobody may look where it went
        assert answer.status_code == 404
        return
    assert answer.status_code == 500
    assert "Something went wrong" in body
    assert "was changed in the database" in body
    places = errors(lines)
    assert len(places) == 1
    assert places[0].startswith(named.format(**edited.ids))
    assert not [value for value in VALUES if value in lines.getvalue()]
    said = said_of_broken(edited, who)
    new = [said[one] for one in said.keys() - before]
    assert new == [((), None)] or (places[0].split()[0] in NOBODY and not new)


def test_an_open_page_that_asks_each_second_does_not_fill_the_log(edited: Known) -> None:
    asks = asked_by(ask(edited, "h-rep", CASE).get_data(as_text=True))
    assert asks is not None
    edit(edited, EDITS["level"][0])
    before = said_of_broken(edited, "h-rep").keys()
    assert [ask(edited, "h-rep", asks).status_code for _ in range(3)] == [500] * 3
    assert said_of_broken(edited, "h-rep").keys() == before


def said_of_broken(known: Known, who: str) -> dict[str, tuple[tuple[str, ...], str | None]]:
    """What the officers of somebody's agency read in the log of what was changed, by event.

    Of a whole answer never what it was: it may be of what is withheld from whoever asked.
    """
    agency = next(agency for subject, agency, *_ in STAFF if subject == who)
    place(known.world.database, HOME)
    with known.world.database.read() as session:
        found = events_for(session, HOME, agency, Wanted(names=("seal.broken",)))
        return {one.id: (one.about, one.mark) for one in found}


def test_nothing_says_which_of_the_rows_that_are_withheld_was_edited(edited: Known) -> None:
    """Two owners' rows, neither shown to Sam: his answer is the same, and so is his agency's log."""
    whole = ask(edited, "h-rep", CASE).get_data(as_text=True)
    assert not [value for value in ("has a knife", "Larch Walk") if value in whole]
    one, other = (_told_of_an_edit(edited, EDITS[what][0]) for what in ("class and level", "level"))
    assert one == other
    assert one[0] == 500


def _told_of_an_edit(known: Known, statement: str) -> tuple[object, ...]:
    """Status, page, headers and log."""
    edit(known, statement)
    before = said_of_broken(known, "h-rep").keys()
    answer = ask(known, "h-rep", CASE)
    said = said_of_broken(known, "h-rep")
    put_back(known)
    page, *headers = (
        _NONCE.sub("", text)
        for text in (answer.get_data(as_text=True), *(f"{name}: {value}" for name, value in answer.headers))
    )
    return answer.status_code, page, headers, [said[event] for event in said.keys() - before]


@pytest.mark.parametrize(
    ("who", "path"), [("h-rep", CASE), ("v-idva", CASE), ("p-rep", ALONE), ("p-other", CASE)]
)
def test_what_nobody_edited_works(edited: Known, who: str, path: str) -> None:
    answer = ask(edited, who, path)
    assert answer.status_code in {200, 303, 403}
    assert (answer.status_code == 200) is (who in {"h-rep", "v-idva"})


def test_what_was_edited_is_not_sealed_again(edited: Known) -> None:
    world = edited.world
    at = world.now
    edit(edited, EDITS["level"][0])
    edit(edited, EDITS["refusal deleted"][0])
    edit(edited, EDITS["exclusion deleted"][0])
    edit(edited, EDITS["role of staff"][0])
    edit(edited, "UPDATE policy_version SET row_seal = NULL WHERE partnership_id = 'nm'")
    changes: list[Any] = [
        lambda session: records.correct_field(
            session,
            session.get_one(Field, edited.ids["knife"]),
            value="x",
            recorded_at=None,
            by=world.staff["p-rep"],
            at=at,
        ),
        lambda session: records.set_offer(
            session,
            session.get_one(Field, edited.ids["knife"]),
            records.Offered.PRESENCE,
            by=by(world, "p-rep"),
        ),
        lambda session: consents.before_saying(session, edited.ids["victim"]),
        lambda session: cases.exclude(
            session,
            session.get_one(Case, edited.ids["alone"]),
            edited.ids["h_rep"],
            ExclusionKind.RECUSED,
            by=by(world, "h-rep"),
            at=at,
        ),
        lambda session: _deactivate(session, edited.ids["h_rep"]),
        lambda session: policy.publish(session, HOME, _document(session), actor=None, agency=None, at=at),
    ]
    for change in changes:
        with pytest.raises(RowBroken), world.database.write() as session:
            change(session)


def test_nothing_is_added_to_a_record_that_was_edited(edited: Known) -> None:
    edit(edited, "UPDATE record SET owner = 'homes' WHERE case_id = :case AND owner = 'police'")
    with edited.world.database.write() as session:
        record_id = session.get_one(Field, edited.ids["knife"]).record_id
        with pytest.raises(RowBroken, match=f"^record {record_id}: "):
            session.get(Record, record_id)


def _deactivate(session: Any, staff_id: str) -> None:
    from conference.identity import services

    services.deactivate(session, staff_id)


def _document(session: Any) -> str:
    found: str = session.scalar(sa.select(PolicyVersion.document).where(PolicyVersion.partnership_id == HOME))
    return found


def test_what_services_change_stays_right(edited: Known) -> None:
    world = edited.world
    with told("changes", world.now), world.database.write() as session:
        case = session.get_one(Case, edited.ids["case"])
        consents.withdraw(
            session,
            case,
            session.get_one(ConsentRow, edited.ids["refusal"]),
            by=by(world, "v-idva"),
            at=world.now,
        )
        recused = session.get_one(Case, edited.ids["recused"])
        cases.lift_recusal(session, recused, edited.ids["h_rep"], by=by(world, "s-chair"), at=world.now)
        cases.set_research(session, case, "homes", cases.Research.SENT, by=by(world, "h-rep"))
        cases.exclude(
            session, recused, edited.ids["h_rep"], ExclusionKind.RECUSED, by=by(world, "h-rep"), at=world.now
        )
    assert ask(edited, "h-rep", CASE).status_code == 200
    assert ask(edited, "h-rep", RECUSED).status_code == 404


def test_why_a_decision_was_made_is_sealed(edited: Known) -> None:
    with edited.world.database.read() as session:
        row = session.get_one(DecisionRow, edited.ids["decision"])
        assert json.loads(row.document)["reason"] == "sealed"
        assert row.reason is not None
        assert WHY.encode() not in row.reason


def test_a_session_that_somebody_wrote_is_nobodys(edited: Known) -> None:
    token, staff_id = b"t" * 32, edited.ids["v_idva"]
    hashed = hashlib.sha256(token).hexdigest()
    data = json.dumps({"_user_id": staff_id, "_fresh": True}).encode()
    now = clock.now()
    for binding in (hashed.encode(), b""):
        key = hmac.digest(token, b"conference: data of a web session", "sha256")
        sealed = b"n" * 12 + AESGCM(key).encrypt(b"n" * 12, data, binding)
        row = {
            "token_hash": hashed,
            "staff_id": staff_id,
            "partnership_id": HOME,
            "created_at": now,
            "last_seen_at": now,
            "ends_at": now + timedelta(hours=12),
            "data": sealed,
        }
        with edited.world.database.engine.begin() as connection:
            table = Base.metadata.tables["web_session"]
            connection.execute(table.delete())
            connection.execute(table.insert(), row)
        client: FlaskClient = edited.app.test_client()
        value = base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")
        client.set_cookie(cookie_name(edited.app), value, domain="localhost")
        answer = client.get(CASE.format(**edited.ids), base_url=HOST)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/sign-in")
