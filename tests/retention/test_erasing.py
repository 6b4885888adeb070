"""Erasing: an agency its own, the house a person; held, agreed, finished after a crash, gone from backups."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select, text

from conference import clock
from conference.cases import forgetting
from conference.cases.models import (
    ERASED,
    Case,
    CaseStatus,
    Field,
    FieldVersion,
    PersonIndex,
    Record,
    RecordSubject,
)
from conference.errors import BadInput, Conflict, NotFound, Refused
from conference.sharing import search
from conference.sharing.door import disclose
from conference.sharing.models import ConsentRow
from conference.sharing.retention import erasing, holds, proposing, schedule
from conference.sharing.retention.models import ErasedPerson, Erasure, State
from conference.trail.reading import Wanted, events_for
from conference.trail.sequencer import place
from conference.vault.errors import RowBroken
from conference.vault.keyfile import KeyFile
from tests.retention.conftest import BOTH, officer, settle_shared
from tests.support.world import HOME, World, import_models

ADAM = ("Adam Kowalczyk", "12 Dyer Row", "has a knife", "Adam left", "Shouting between", BOTH)
ADAM_POLICE = ("Adam Kowalczyk", "12 Dyer Row", "has a knife", BOTH)
ADAM_HOMES = ("Adam left", "Shouting between")


def texts(world: World, who: str, *, but: str = "") -> str:
    """All that somebody is shown of the case; without one owner's."""
    with clock.held(world.now), world.database.write() as session:
        viewer = officer(session, world, who)
        view = disclose(session, viewer, [session.get_one(Case, world.case_id)])[world.case_id]
        return "\n".join(row.text or row.class_name for row in view.rows if row.owner != but)


def propose(world: World, who: str, person: str = "perpetrator", *, why: str = "due") -> str:
    with clock.held(world.now), world.database.write() as session:
        viewer, case = officer(session, world, who), session.get_one(Case, world.case_id)
        own = proposing.own_records(session, viewer, case, world.people[person])
        settle_shared(session, own, clock.now())
        made = proposing.propose(
            session, viewer, case, world.people[person], records=own, why=why, at=clock.now()
        )
        return made.id


def approve(world: World, who: str, erasure_id: str) -> int:
    with clock.held(world.now), world.database.write() as session:
        viewer, found = officer(session, world, who), session.get_one(Erasure, erasure_id)
        return proposing.approve(session, viewer, found, at=clock.now())


def hold(world: World, who: str, person: str | None) -> str:
    with clock.held(world.now), world.database.write() as session:
        viewer, case = officer(session, world, who), session.get_one(Case, world.case_id)
        whom = world.people[person] if person else None
        return holds.place(session, viewer, case, whom, "An inquest", at=clock.now()).id


def lift(world: World, who: str, hold_id: str) -> None:
    with clock.held(world.now), world.database.write() as session:
        viewer = officer(session, world, who)
        holds.lift(session, viewer, session.get_one(holds.LegalHold, hold_id), at=clock.now())


def erase(world: World, *who: str, person: str = "perpetrator", lose_shared: bool = True) -> None:
    with clock.held(world.now), world.database.write() as session:
        officers = [(world.staff[one], officer(session, world, one).agency_id) for one in who]
        erasing.erase(
            session, world.people[person], officers=officers, at=clock.now(), lose_shared=lose_shared
        )


# --- an agency lets go of its own -----------------------------------------------------------------


def test_two_officers_of_an_agency_erase_what_it_holds_and_nothing_else(world: World) -> None:
    before = {who: texts(world, who, but="homes") for who in ("p-rep", "n-rep", "v-idva")}
    assert all(text in texts(world, "h-rep") for text in ADAM_HOMES)
    assert approve(world, "h-ig2", propose(world, "h-ig")) == 2
    left = texts(world, "h-rep")
    assert not any(text in left for text in ADAM_HOMES)
    assert "Secure tenancy since 2 May 2019" in left
    for who, was in before.items():
        assert texts(world, who, but="homes") == was
        assert not any(text in texts(world, who) for text in ADAM_HOMES)
    assert not world.database.keys.is_destroyed(f"person/{world.people['perpetrator']}")


def test_nothing_of_what_was_erased_is_left_in_a_row(world: World) -> None:
    approve(world, "p-ig2", propose(world, "p-ig"))
    with world.database.read() as session:
        shells = session.scalars(select(Field).where(Field.value == ERASED)).all()
        assert len(shells) == len(ADAM_POLICE)
        for one in shells:
            assert one.class_name == "erased"
            assert (one.summary, one.source, one.relevance, one.withheld_reason) == (None,) * 4
        records = {one.record_id for one in shells}
        assert not session.scalars(select(RecordSubject).where(RecordSubject.record_id.in_(records))).all()
        assert {one.type for one in session.scalars(select(Record).where(Record.id.in_(records)))} == {
            "erased"
        }
        gone = {one.id for one in shells}
        assert not session.scalars(select(FieldVersion).where(FieldVersion.field_id.in_(gone))).all()
        assert not session.scalars(select(PersonIndex).where(PersonIndex.field_id.in_(gone))).all()


def test_whoever_proposed_it_does_not_approve_it(world: World) -> None:
    made = propose(world, "h-ig")
    with pytest.raises(Refused):
        approve(world, "h-ig", made)
    with pytest.raises(NotFound):
        approve(world, "p-ig2", made)  # another agency's
    with pytest.raises(Refused):
        approve(world, "h-rep", made)  # no officer
    assert ADAM_HOMES[0] in texts(world, "h-rep")
    approve(world, "h-ig2", made)
    with pytest.raises(Conflict):
        approve(world, "h-ig2", made)


def test_only_ones_own_is_proposed(world: World) -> None:
    with world.database.write() as session:
        viewer, case = officer(session, world, "h-ig"), session.get_one(Case, world.case_id)
        theirs = officer(session, world, "p-ig")
        adam = world.people["perpetrator"]
        others = proposing.own_records(session, theirs, case, adam)
        with pytest.raises(NotFound):
            proposing.propose(session, viewer, case, adam, records=others, why="due", at=clock.now())
        with pytest.raises(NotFound):  # the agency holds nothing about the child
            proposing.own_records(session, viewer, case, world.people["child"])


def test_the_log_says_who_agreed_and_what_went_to_its_owner_alone(world: World) -> None:
    made = propose(world, "h-ig")
    approve(world, "h-ig2", made)
    place(world.database, HOME)
    names = ("erasure.proposed", "erasure.answered", "record.erased")
    with world.database.read() as session:
        seen = {a: events_for(session, HOME, a, Wanted(names=names)) for a in ("homes", "police", "nhs")}
    assert sorted(one.name for one in seen["homes"]) == sorted(names)
    assert {one.about for one in seen["homes"]} == {(made,)}
    assert seen["police"] == seen["nhs"] == []
    (went,) = [one for one in seen["homes"] if one.name == "record.erased"]
    assert sorted(item.class_name for item in went.items if item) == ["asb.record", "tenancy.history"]


# --- a whole person -------------------------------------------------------------------------------


def test_a_person_is_erased_when_every_owner_agreed(world: World) -> None:
    approve(world, "h-ig2", propose(world, "h-ig"))
    with pytest.raises(BadInput, match="police"):
        erase(world)
    approve(world, "p-ig2", propose(world, "p-ig"))
    erase(world)
    assert world.database.keys.is_destroyed(f"person/{world.people['perpetrator']}")
    assert "Maria Kowalczyk" in texts(world, "h-rep")
    with pytest.raises(NotFound):
        erase(world)


def test_what_is_about_others_too_waits_until_somebody_says_what_stays(world: World) -> None:
    with clock.held(world.now), world.database.write() as session:
        viewer, case = officer(session, world, "h-ig"), session.get_one(Case, world.case_id)
        own = proposing.own_records(session, viewer, case, world.people["perpetrator"])
        with pytest.raises(BadInput, match="about others too"):
            proposing.propose(
                session,
                viewer,
                case,
                world.people["perpetrator"],
                records=own,
                why="due",
                at=clock.now(),
            )
    with pytest.raises(BadInput, match="--lose-shared"):
        erase(world, "h-ig", "p-ig", lose_shared=False)
    assert all(text in texts(world, "h-rep") for text in ADAM_HOMES)


def test_what_somebody_said_goes_with_them(world: World) -> None:
    def said() -> int:
        with world.database.read() as session:
            mine = select(ConsentRow).where(ConsentRow.person_id == world.people["victim"])
            return len(session.scalars(mine).all())

    assert said() > 0
    erase(world, "h-ig", "p-ig", "n-ig", *_more(world), person="victim")
    assert said() == 0
    assert "Adam Kowalczyk" in texts(world, "p-rep"), "the case still opens"


def test_the_house_finds_whom_every_agency_let_go_of(world: World) -> None:
    def ready() -> list[str]:
        with world.database.read() as session:
            return erasing.let_go_by_all(session)

    approve(world, "h-ig2", propose(world, "h-ig"))
    assert ready() == []
    approve(world, "p-ig2", propose(world, "p-ig"))
    assert ready() == [], "the case is still going on"
    with world.database.write() as session:
        session.get_one(Case, world.case_id).status = CaseStatus.MONITORED
    assert ready() == [world.people["perpetrator"]]
    held = hold(world, "n-ig", None)
    assert ready() == []
    lift(world, "n-ig", held)
    erase(world)
    assert ready() == []


def test_officers_of_those_who_still_hold_something_may_be_named(world: World) -> None:
    with pytest.raises(BadInput, match="police"):
        erase(world, "h-ig", "h-ig2")
    with pytest.raises(BadInput, match="homes"):
        erase(world, "p-ig", "p-ig2")
    assert "Adam Kowalczyk" in texts(world, "h-rep")
    erase(world, "h-ig", "p-ig")
    for who in ("h-rep", "p-rep", "n-rep", "v-idva", "s-chair"):
        assert not any(text in texts(world, who) for text in ADAM)
        assert "Maria Kowalczyk" in texts(world, who)


def test_one_officer_is_not_enough(world: World) -> None:
    approve(world, "h-ig2", propose(world, "h-ig", "victim"))
    with world.database.write() as session:
        for agency, who in (("police", "p-ig"), ("nhs", "n-ig")):
            assert officer(session, world, who).agency_id == agency
    with clock.held(world.now), world.database.write() as session:
        from conference.cases import services as cases
        from conference.cases.models import PersonRole

        case = session.get_one(Case, world.case_id)
        world.people["nobody"] = cases.add_person(session, case, PersonRole.OTHER)
    for officers in ((), ("h-ig",)):
        with pytest.raises(BadInput, match="Two"):
            erase(world, *officers, person="nobody")
    erase(world, "h-ig", "p-ig", person="nobody")


def test_search_finds_whoever_was_erased_no_more(world: World) -> None:
    def found() -> int:
        with clock.held(world.now), world.database.write() as session:
            viewer = officer(session, world, "p-rep")
            hits = search.find(session, viewer, name="Maria Kowalczyk", born="1992-03-03", at=world.now)
            return len([one for one in hits if one.person.person_id == world.people["victim"]])

    assert found() == 1
    erase(world, "h-ig", "p-ig", "n-ig", *_more(world), person="victim")
    assert found() == 0
    with world.database.read() as session:
        assert not session.scalars(
            select(PersonIndex).where(PersonIndex.person_id == world.people["victim"])
        ).all()


def _more(world: World) -> tuple[str, ...]:
    """Haven, who own her wishes and where she is safe, have no officer yet: they name one."""
    from conference.identity import services as identity
    from conference.permissions import Role

    with clock.held(world.now), world.database.write() as session:
        for subject, agency in (("v-ig", "haven"), ("s-ig", "safety")):
            world.staff[subject] = identity.add_staff(
                session, agency, subject=subject, name="Officer", roles=(Role.IG_OFFICER,),
                trained_until=None,
            ).id  # fmt: skip
    return "v-ig", "s-ig"


# --- held -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", [None, "perpetrator"])
def test_what_is_held_is_never_erased(world: World, person: str | None) -> None:
    made = propose(world, "h-ig")
    held = hold(world, "h-ig", person)
    with pytest.raises(holds.Held):
        approve(world, "h-ig2", made)
    with pytest.raises(holds.Held):
        erase(world, "h-ig", "p-ig")
    assert all(text in texts(world, "h-rep") for text in ADAM_HOMES)
    with world.database.read() as session:
        assert session.get_one(Erasure, made).state == State.WAITING
    lift(world, "h-ig2", held)
    with pytest.raises(Conflict):
        lift(world, "h-ig2", held)
    assert approve(world, "h-ig2", made) == 2


def test_a_hold_on_a_case_binds_every_agency_and_one_on_a_person_tells_nobody(world: World) -> None:
    made = propose(world, "h-ig")
    of_police = hold(world, "p-ig", "perpetrator")
    with world.database.read() as session:
        case = session.get_one(Case, world.case_id)
        assert holds.known_to(session, officer(session, world, "h-ig"), [case]) == []
        assert len(holds.known_to(session, officer(session, world, "p-ig2"), [case])) == 1
    with pytest.raises(holds.Held):
        erase(world, "h-ig", "p-ig")  # the key is held
    on_case = hold(world, "p-ig", None)
    with world.database.read() as session:
        case = session.get_one(Case, world.case_id)
        (known,) = holds.known_to(session, officer(session, world, "h-ig"), [case])
        assert holds.reason_of(session, officer(session, world, "h-ig"), known) is None
    with pytest.raises(holds.Held):
        approve(world, "h-ig2", made)
    with pytest.raises(NotFound):
        lift(world, "h-ig", on_case)
    lift(world, "p-ig", on_case)
    approve(world, "h-ig2", made)
    lift(world, "p-ig2", of_police)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("legal_hold", "lifted_at = placed_at"),
        ("legal_hold", "person_id = NULL"),
        ("erasure", "proposed_by = answered_by"),
        ("erasure", "records = '[]'"),
        ("erased_person", "approved_by = ''"),
        ("retention_rule", "years = 0"),
    ],
)
def test_whoever_writes_sql_without_the_keys_changes_nothing_unseen(
    world: World, table: str, change: str
) -> None:
    with clock.held(world.now), world.database.write() as session:
        viewer = officer(session, world, "h-ig")
        schedule.set_rule(session, viewer, "tenancy", trigger="death", years=9, at=clock.now())
    approve(world, "h-ig2", propose(world, "h-ig"))
    erase(world, "p-ig", "p-ig2")
    hold(world, "n-ig", None)
    hold(world, "h-ig", "victim")
    with world.database.write() as session:
        session.execute(text(f"UPDATE {table} SET {change}"))  # noqa: S608 - from the table above
    models = {
        one.__tablename__: one for one in (holds.LegalHold, Erasure, ErasedPerson, schedule.RetentionRule)
    }
    with world.database.read() as session, pytest.raises(RowBroken, match=table):
        session.scalars(select(models[table])).all()


# --- crashes, and databases from before -----------------------------------------------------------


def test_killed_before_the_key_is_destroyed_it_is_finished(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_keys: KeyFile, _name: str) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patched:
        patched.setattr(KeyFile, "destroy", die)
        made = propose(world, "h-ig")
        with pytest.raises(SystemExit):
            approve(world, "h-ig2", made)
        with pytest.raises(SystemExit):
            erase(world, "h-ig", "p-ig")
    keys = world.database.keys
    with world.database.read() as session:
        done = json.loads(session.get_one(Erasure, made).records)
        assert session.get(ErasedPerson, world.people["perpetrator"]) is not None
    names = [f"person/{world.people['perpetrator']}", *(f"record/{one}" for one in done)]
    assert not any(keys.is_destroyed(name) for name in names)
    assert erasing.finish(world.database) >= len(names)
    assert all(keys.is_destroyed(name) for name in names)
    assert erasing.finish(world.database) == 0


def test_whatever_points_to_a_field_a_record_or_a_person_goes_or_is_known_to_stay() -> None:
    """A new table must say so here: what is erased is erased everywhere."""
    import_models()
    goes = {
        ("record_subject", "record_id"), ("import_seen", "record_id"),
        ("field_audience", "field_id"), ("field_source", "field_id"), ("field_version", "field_id"),
        ("import_seen", "field_id"), ("person_index", "field_id"), ("person_index", "birth_field_id"),
        ("relation", "field_id"), ("rewriting", "field_id"),
        ("record_subject", "person_id"), ("import_seen", "person_id"), ("person_index", "person_id"),
        ("relation", "person_id"), ("relation", "other_id"), ("retention_day", "person_id"),
        # files and search
        ("attachment", "field_id"), ("document_copy", "field_id"), ("file_chunk", "field_id"),
        ("likeness", "field_id"), ("likeness", "person_id"),
    }  # fmt: skip
    there = {
        (table.name, column.name)
        for what in ("field", "record", "person")
        for table, column in forgetting.pointing_at(what)
    }
    assert there <= goes | forgetting.STAYS
    assert there >= forgetting.STAYS
