"""A small, whole partnership, told through services: the same every time, and a second one beside it.

Each role, each screen and each way to withhold has somebody or something here. Names and values are invented.
"""

from __future__ import annotations

import atexit
import importlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session

import conference
from conference import clock, ids, wall
from conference.cases import records
from conference.cases import services as cases
from conference.cases.models import Case, ExclusionKind, Field, Offered, PersonRole
from conference.cases.services import By
from conference.commands import granting, walling
from conference.db import Base, Database
from conference.identity import services as identity
from conference.identity.services import Viewer, viewer_for
from conference.meetings import conduct, outcomes
from conference.meetings import services as meetings
from conference.meetings.models import Meeting
from conference.permissions import Role
from conference.settings import Settings
from conference.sharing import consents, policy
from conference.sharing.asking import services as asking
from conference.sharing.overrides import services as overrides
from conference.sharing.taking.taken import Taken
from conference.sharing.taking.wording import CURRENT
from conference.trail import ddl, roster
from conference.trail.sequencer import place
from conference.vault import nonces
from conference.vault.keyfile import KeyFile
from conference.wall import ddl as walls
from tests.support.postgres import APPLICATION, OWNER, as_role

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HOME = "nm"
AWAY = "other"

AGENCIES = (
    ("police", "Northmoor Police", "police", "public"),
    ("homes", "Northmoor Homes", "housing", "registered-provider"),
    ("nhs", "Moorland NHS Trust", "nhs", "public"),
    ("haven", "Haven", "idva", "voluntary"),
    ("safety", "Community Safety", "asb", "public"),
)

# subject, agency, name, roles; each role of the domain has somebody.
STAFF = (
    ("p-rep", "police", "Priya Nair", (Role.REPRESENTATIVE,)),
    ("p-ref", "police", "Rory Flynn", (Role.REFERRER,)),
    ("p-ig", "police", "Ingrid Lund", (Role.IG_OFFICER,)),
    ("p-other", "police", "Paul Unassigned", (Role.REPRESENTATIVE,)),
    ("h-rep", "homes", "Sam Okafor", (Role.REPRESENTATIVE,)),
    ("h-dep", "homes", "Dina Deputy", (Role.DEPUTY,)),
    ("h-ig", "homes", "Iris Cole", (Role.IG_OFFICER,)),
    ("n-rep", "nhs", "Kiran Shah", (Role.REPRESENTATIVE,)),
    ("n-ig", "nhs", "Ian Gale", (Role.IG_OFFICER,)),
    ("v-idva", "haven", "Hana Said", (Role.IDVA,)),
    ("s-chair", "safety", "Chris Hart", (Role.CHAIR,)),
    ("s-coord", "safety", "Cora Webb", (Role.COORDINATOR,)),
    ("s-obs", "safety", "Otto Brand", (Role.OBSERVER,)),
    ("s-admin", "safety", "Ada Moss", (Role.ADMINISTRATOR,)),
)


@dataclass
class World:
    """Where it is kept, and the ids of what is in it.

    database: as commands have it, bound to nobody's rows but everybody's; the application opens its own.
    root:     on PostgreSQL the address of whoever may do anything there.
    """

    settings: Settings
    database: Database
    now: datetime = NOW
    staff: dict[str, str] = field(default_factory=dict)
    case_id: str = ""
    reference: str = ""
    people: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    recused_case_id: str = ""
    meeting_id: str = ""
    past_meeting_id: str = ""
    action_id: str = ""
    away_case_id: str = ""
    away_meeting_id: str = ""
    draft_id: str = ""
    agreement_id: str = ""
    version_id: str = ""
    events: dict[str, str] = field(default_factory=dict)
    afterwards: dict[str, str] = field(
        default_factory=lambda: {
            name: f"{kind}_{'a' * 26}"
            for name, kind in (
                ("notice", "rcn"),
                ("recall", "rcl"),
                ("review", "rvw"),
                ("wrong_review", "rvw"),
                ("report", "wrg"),
                ("document", "fld"),
                ("copy", "cpy"),
                ("hold", "hld"),
                ("erasure", "ers"),
            )
        }
    )
    consent_id: str = ""
    question_id: str = ""
    override_id: str = ""
    root: str = ""

    def viewer(self, who: str) -> Viewer:
        """One of STAFF as the application knows them."""
        with self.database.read() as session:
            found = viewer_for(session, self.staff[who])
        assert found is not None
        return found


@contextmanager
def by_hand(world: World) -> Iterator[Connection]:
    """A transaction of somebody who may edit anything, whatever the application may."""
    engine = create_engine(world.root) if world.root else world.database.engine
    with engine.begin() as connection:
        yield connection
    if world.root:
        engine.dispose()


def settings_for(data: Path, database: str | None = None) -> Settings:
    """Settings of a world kept in `data`."""
    return Settings(
        data=data,
        database=database or f"sqlite:///{data / 'conference.db'}",
        keys=data / "conference.keys",
        secrets=data / "secrets",
        public_url="http://localhost:8000",
        mode="demo",
    )


@contextmanager
def told(seed: str, now: datetime = NOW) -> Iterator[None]:
    """The clock held at `now`, and all random bytes from `seed`."""
    with clock.held(now), ids.repeating(seed, secrets_too=True):
        yield


def make(data: Path, database_url: str | None = None, now: datetime = NOW) -> World:
    """The whole world, new. The usual one is told once in a process, and copied from then on."""
    if database_url is not None or now != NOW:
        return _made(data, database_url, now)
    return copied(_usual(), data)


@cache
def _usual() -> World:
    folder = tempfile.TemporaryDirectory(prefix="world-")
    atexit.register(folder.cleanup)
    world = _made(Path(folder.name), None, NOW)
    world.database.close()
    return world


def copied(world: World, data: Path) -> World:
    """The same world in another folder: what happens there does not happen here."""
    data.mkdir(parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(world.settings.data / "conference.db")) as source,
        closing(sqlite3.connect(data / "conference.db")) as target,
    ):
        source.backup(target)  # with what is still in the write-ahead log
    shutil.copy(world.settings.keys, data / "conference.keys")
    settings = settings_for(data)
    database = Database(settings.database, KeyFile.open(settings.keys), agency=wall.SYSTEM)
    nonces.begin(database)  # as the application does when it starts
    return replace(
        world,
        settings=settings,
        database=database,
        staff=dict(world.staff),
        people=dict(world.people),
        fields=dict(world.fields),
    )


def _made(data: Path, database_url: str | None, now: datetime) -> World:
    settings = settings_for(data, database_url)
    keys = KeyFile.create(settings.keys)
    import_models()
    if database_url is not None and database_url.startswith("postgresql"):
        _make_tables(database_url, keys)
        settings = replace(settings, database=as_role(database_url, APPLICATION))
    database = Database(settings.database, keys, agency=wall.SYSTEM)
    if database.is_sqlite:
        Base.metadata.create_all(database.engine)
        with database.write() as session:
            for statement in ddl.refusal_ddl("sqlite"):
                session.execute(text(statement))
    world = World(settings, database, now, root=database_url or "")
    with told("world", now):
        with database.write() as session:
            _partnership(session, world)
        with database.write() as session:
            _main_case(session, world)
        with database.write() as session:
            _meetings(session, world)
        with database.write() as session:
            _away(session, world)
    with told("said", now), database.write() as session:
        _said(session, world)
        _override(session, world)
    with told("placed", now):
        place(database, HOME)
        place(database, AWAY)
    return world


def let_in(root: str) -> None:
    """What the application's role may do with the tables that are there."""
    granting.grant(as_role(root, OWNER), APPLICATION, tell=lambda _said: None)


def _make_tables(root: str, keys: KeyFile) -> None:
    """As migrations do it, as the role that owns them; and what the application may do with them."""
    owner = as_role(root, OWNER)
    engine = create_engine(owner)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        for statement in (*ddl.refusal_ddl("postgresql"), *walls.up()):
            connection.exec_driver_sql(statement)
        walling.put_key_through(connection, keys)
    engine.dispose()
    let_in(root)


def import_models() -> None:
    """Let every room say what it stores, also those that nothing here imports."""
    folder = Path(conference.__file__).parent
    for path in sorted(folder.rglob("models.py")):
        importlib.import_module(".".join(("conference", *path.relative_to(folder).with_suffix("").parts)))


def by(world: World, who: str) -> By:
    """One of STAFF as somebody who changes things."""
    return By(world.staff[who], next(agency for subject, agency, *_ in STAFF if subject == who))


def add(
    session: Session,
    world: World,
    case: Case | str,
    who: str,
    class_name: str,
    value: str,
    *,
    about: tuple[str, ...] = ("victim",),
    offered: str = "none",
    summary: str | None = None,
    name: str | None = None,
    people: dict[str, str] | None = None,
) -> Field:
    """One field of `who`'s agency, offered as said."""
    case_id = case if isinstance(case, str) else case.id
    actor = by(world, who)
    known = people or world.people
    record = records.add_record(
        session,
        case_id=case_id,
        agency_id=actor.agency_id,
        type="Typed in",
        about=[known[one] for one in about],
        by=actor.staff_id,
        at=clock.now(),
    )
    made = records.add_field(
        session,
        record,
        class_name=class_name,
        value=value,
        summary=summary,
        source=f"Source of {class_name}",
        recorded_at=clock.now() - timedelta(days=3),
        by=actor.staff_id,
        at=clock.now(),
    )
    if offered != "none":
        records.set_offer(session, made, Offered(offered), by=actor)
    world.fields[name or f"{actor.agency_id}/{class_name}/{'+'.join(about)}"] = made.id
    return made


def _partnership(session: Session, world: World) -> None:
    for partnership, name, prefix in ((HOME, "Northmoor", "NM"), (AWAY, "Elsewhere", "EW")):
        identity.add_partnership(session, partnership, name=name, reference_prefix=prefix)
    for position, (agency, name, kind, sector) in enumerate(AGENCIES):
        identity.add_agency(session, HOME, agency, name=name, kind=kind, sector=sector, position=position)
    identity.add_agency(session, AWAY, "away-police", name="Elsewhere Police", kind="police", sector="public")
    for partnership in (HOME, AWAY):
        roster.refresh(session, partnership)
    for subject, agency, name, roles in STAFF:
        staff = identity.add_staff(
            session,
            agency,
            subject=subject,
            name=name,
            roles=roles,
            trained_until=world.now.date() + timedelta(days=200),
        )
        world.staff[subject] = staff.id
    away = identity.add_staff(
        session,
        "away-police",
        subject="a-rep",
        name="Avery Stone",
        roles=(Role.REPRESENTATIVE, Role.CHAIR),
        trained_until=world.now.date() + timedelta(days=200),
    )
    world.staff["a-rep"] = away.id
    for partnership, actor, agency in ((HOME, "s-coord", "safety"), (AWAY, "a-rep", "away-police")):
        members = identity.list_agencies(session, partnership)
        agreement = {
            "id": "dsa-1",
            "parties": sorted([*(one.id for one in members), "conference"]),
            "purposes": ["prevent-serious-harm", "tenancy-support"],
            "classes": _roots(),
            "from": clock.moment(world.now - timedelta(days=300)),
            "until": clock.moment(world.now + timedelta(days=365)),
        }
        document = policy.default_document(members, version="2026-11-01", agreements=[agreement])
        policy.publish(session, partnership, document, actor=world.staff[actor], agency=agency, at=world.now)


def _roots() -> list[str]:
    import json

    template = json.loads(policy.TEMPLATE.read_text("utf-8"))
    return sorted({one["name"].split(".")[0] for one in template["classes"]})


def _main_case(session: Session, world: World) -> None:
    kind = cases.add_conference_type(
        session, partnership_id=HOME, name="MARAC", purpose="prevent-serious-harm"
    )
    coordinator = by(world, "s-coord")
    case = cases.open_case(
        session,
        partnership_id=HOME,
        conference_type=kind,
        agencies=[agency for agency, *_ in AGENCIES],
        by=coordinator,
        at=world.now,
        research_due=world.now.date() - timedelta(days=4),
    )
    world.case_id, world.reference = case.id, case.reference
    world.people = {
        "victim": cases.add_person(session, case, PersonRole.VICTIM),
        "child": cases.add_person(session, case, PersonRole.CHILD),
        "perpetrator": cases.add_person(session, case, PersonRole.ALLEGED_PERPETRATOR),
    }
    for who in ("p-rep", "p-ref", "h-rep", "h-dep", "n-rep", "v-idva", "s-chair", "s-coord", "s-obs"):
        cases.assign(session, case, world.staff[who], by=coordinator, at=world.now)
    add(session, world, case, "p-rep", "identity.name", "Maria Kowalczyk", offered="full")
    add(session, world, case, "p-rep", "identity.dob", "1992-03-03", offered="full")
    add(session, world, case, "p-rep", "identity.name", "Zofia Kowalczyk", about=("child",), offered="full")
    add(
        session,
        world,
        case,
        "p-rep",
        "identity.name",
        "Adam Kowalczyk",
        about=("perpetrator",),
        offered="full",
    )
    add(
        session,
        world,
        case,
        "p-rep",
        "offending.order",
        "Bail to live at 12 Dyer Row, not to enter Mill Street",
        about=("perpetrator",),
        summary="Bail: must not go to her street",
        offered="full",
    )
    add(session, world, case, "p-rep", "intelligence", "A source says he has a knife", about=("perpetrator",))
    add(session, world, case, "v-idva", "wishes", "To stay near the school", offered="full")
    add(
        session,
        world,
        case,
        "v-idva",
        "contact.safe-address",
        "Refuge, 7 Larch Walk, LS9 0AA",
        offered="full",
    )
    add(session, world, case, "h-rep", "tenancy.status", "Secure tenancy since 2 May 2019", offered="full")
    add(session, world, case, "h-rep", "tenancy.arrears", "£1,240", summary="Some arrears", offered="summary")
    add(
        session,
        world,
        case,
        "n-rep",
        "health.mental",
        "Attempted overdose in May",
        summary="Under the crisis team",
        offered="presence",
    )
    add(
        session,
        world,
        case,
        "n-rep",
        "health.physical",
        "Broken wrist, March",
        offered="full",
        summary="Injury",
    )
    recused = cases.open_case(
        session,
        partnership_id=HOME,
        conference_type=kind,
        agencies=[agency for agency, *_ in AGENCIES],
        by=coordinator,
        at=world.now,
    )
    cases.assign(session, recused, world.staff["h-rep"], by=coordinator, at=world.now)
    cases.exclude(
        session, recused, world.staff["h-rep"], ExclusionKind.RECUSED, by=by(world, "h-rep"), at=world.now
    )
    world.recused_case_id = recused.id


def _meetings(session: Session, world: World) -> None:
    coordinator = by(world, "s-coord")
    case = session.get_one(Case, world.case_id)
    recused = session.get_one(Case, world.recused_case_id)
    series = meetings.add_series(
        session, partnership_id=HOME, name="Northmoor MARAC", conference_type=case.conference_type
    )
    past = meetings.plan_meeting(
        session,
        series,
        starts_at=world.now - timedelta(days=14),
        ends_at=world.now - timedelta(days=14, hours=-3),
        venue="Town Hall",
        by=coordinator,
    )
    today = meetings.plan_meeting(
        session,
        series,
        starts_at=world.now - timedelta(minutes=30),
        ends_at=world.now + timedelta(hours=3),
        venue="Town Hall",
        by=coordinator,
    )
    world.past_meeting_id, world.meeting_id = past.id, today.id
    attending = [world.staff[subject] for subject, *_ in STAFF if not subject.endswith(("-ig", "-admin"))]
    for meeting in (past, today):
        meetings.list_case(session, meeting, case, position=10, by=coordinator)
        meetings.invite(session, meeting, attending, by=coordinator)
        meetings.publish_list(session, meeting, by=coordinator)
    meetings.list_case(session, today, recused, position=30, by=coordinator)
    _hold(session, world, past, case)
    for who in ("p-rep", "h-rep", "v-idva", "s-chair", "s-obs"):
        viewer = _viewer(session, world, who)
        conduct.sign_statement(session, viewer, today, at=world.now)
        conduct.join(session, viewer, today, at=world.now)
    chair = _viewer(session, world, "s-chair")
    conduct.start(session, chair, today)
    conduct.move_on(session, chair, today, at=world.now)


def _hold(session: Session, world: World, past: Meeting, case: Case) -> None:
    """The past meeting: some came, wrote a risk summary and agreed an action."""
    for who in ("p-rep", "h-rep", "v-idva", "s-chair"):
        viewer = _viewer(session, world, who)
        conduct.sign_statement(session, viewer, past, at=world.now)
        conduct.join(session, viewer, past, at=world.now)
    chair = _viewer(session, world, "s-chair")
    conduct.start(session, chair, past)
    conduct.move_on(session, chair, past, at=world.now)
    outcomes.write_risk(
        session, chair, past, case, level="High risk", text="Risk of serious harm", sources=[], at=world.now
    )
    action = outcomes.add_action(
        session,
        chair,
        past,
        case,
        text="Change the locks",
        staff_id=world.staff["h-rep"],
        due=world.now.date() + timedelta(days=3),
        at=world.now,
    )
    world.action_id = action.id
    conduct.move_on(session, chair, past, at=world.now)


def _away(session: Session, world: World) -> None:
    kind = cases.add_conference_type(
        session, partnership_id=AWAY, name="MARAC", purpose="prevent-serious-harm"
    )
    actor = By(world.staff["a-rep"], "away-police")
    case = cases.open_case(
        session, partnership_id=AWAY, conference_type=kind, agencies=["away-police"], by=actor, at=world.now
    )
    cases.assign(session, case, actor.staff_id, by=actor, at=world.now)
    series = meetings.add_series(session, partnership_id=AWAY, name="Elsewhere", conference_type=kind)
    meeting = meetings.plan_meeting(
        session,
        series,
        starts_at=world.now,
        ends_at=world.now + timedelta(hours=1),
        venue="Elsewhere",
        by=actor,
    )
    meetings.list_case(session, meeting, case, position=10, by=actor)
    meetings.invite(session, meeting, [actor.staff_id], by=actor)
    meetings.publish_list(session, meeting, by=actor)
    world.away_case_id, world.away_meeting_id = case.id, meeting.id


def _said(session: Session, world: World) -> None:
    """The victim agreed to something, told the IDVA so, and the police asked the landlord a question."""
    case = session.get_one(Case, world.case_id)
    until = clock.moment(world.now + timedelta(days=365))
    word = {
        "decision": "grant",
        "recipients": ["homes", "nhs"],
        "purposes": ["tenancy-support"],
        "classes": ["health"],
        "except": [{"decision": "refuse", "classes": ["health.mental"]}],
        "until": until,
    }
    taken = Taken(way="aloud", wording=CURRENT, safe=True, alone=True, able=True)
    row = consents.record_consent(
        session, case, world.people["victim"], word=word, how=taken, by=by(world, "v-idva"), at=world.now
    )
    question = asking.ask(
        session,
        _viewer(session, world, "p-rep"),
        case,
        to="homes",
        person_id=world.people["victim"],
        class_name="tenancy",
        text="When was she last visited?",
        at=world.now,
    )
    world.consent_id, world.question_id = row.id, question.id


def _override(session: Session, world: World) -> None:
    """Homes asks one of its own to approve that the NHS sees how far behind the rent is."""
    case, viewer = session.get_one(Case, world.case_id), _viewer(session, world, "h-rep")
    line = overrides.own_line(session, viewer, case, world.fields["homes/tenancy.arrears/victim"])
    typed = overrides.Typed(
        recipients=["nhs"],
        level="summary",
        necessity="She may lose her home",
        proportionality="The amount is not asked for",
        basis="VI",
        until=world.now + timedelta(days=7),
    )
    world.override_id = overrides.ask_override(session, viewer, case, line, typed, at=world.now).id


def _viewer(session: Session, world: World, who: str) -> Viewer:
    found = viewer_for(session, world.staff[who])
    assert found is not None
    return found
