"""A document from the day it comes to the day its copy is seen; and all that must not happen to it."""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from conference import clock
from conference.cases import records
from conference.cases.models import Case, Field, Offered
from conference.errors import BadInput, Conflict, NotFound
from conference.files import workshop
from conference.files.faults import MOST_BYTES, Fault, Unfit
from conference.files.painting import built
from conference.files.scanning import ScannerAway
from conference.sharing import documents
from conference.sharing.door import disclose
from conference.sharing.files import store, work
from conference.sharing.files.document import Part
from conference.sharing.files.models import Attachment, DocumentCopy, FileChunk, State
from conference.sharing.research import Typed
from conference.trail import writing
from conference.trail.reading import Wanted, events_for
from conference.trail.sequencer import place
from conference.vault.errors import KeyGone, RowBroken, SealBroken
from conference.web import parts_of
from tests.support.client import application, signed_in
from tests.support.documents import PAGES, add_document, png
from tests.support.world import HOME, NOW, STAFF, World, by, by_hand, told

HOST = "http://localhost"
TOO_LARGE = 413
TITLE = "Letter about the stairs"
MADE = workshop.Opened([png(90), png(91)], [[], []])
OTHERS = [who for who, agency, _, roles in STAFF if agency != "homes"]


@pytest.fixture(autouse=True)
def held() -> Iterator[None]:
    with clock.held(NOW):
        yield


def uploaded(world: World, content: bytes = b"%PDF-1.7 ...", who: str = "h-rep") -> str:
    viewer = world.viewer(who)
    with world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        typed = Typed("asb.record", TITLE)
        about = [world.people["victim"]]
        return documents.add_document(session, viewer, case, typed, content, about=about, at=NOW).id


def state(world: World, field_id: str) -> Attachment:
    with world.database.read() as session:
        found = session.get_one(Attachment, field_id)
        session.expunge(found)
        return found


def part_for(world: World, who: str, field_id: str, part: Part) -> bytes | None:
    """The bytes that the door hands out, or None where it says that there is no such line or document."""
    viewer = world.viewer(who)
    with world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        asked = documents.Asked(fields=(field_id,))
        row = disclose(session, viewer, [case], asked=asked, part=part)[world.case_id].row(field_id)
        return None if row is None or row.document is None else row.document.content


# --- coming in ---


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.KIND),
        (b"GIF89a", Fault.KIND),
        (b"MZ\x90", Fault.KIND),
        (b"<html><script>alert(1)</script>", Fault.KIND),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Fault.KIND),
        (b"PK\x03\x04 a zip of something else", Fault.KIND),
        (b" %PDF-1.7", Fault.KIND),
        (b"%PDF-" + bytes(MOST_BYTES), Fault.LARGE),
    ],
)
def test_what_is_not_taken_leaves_nothing_behind(world: World, content: bytes, fault: Fault) -> None:
    with pytest.raises(BadInput) as caught:
        uploaded(world, content)
    assert caught.value.message == fault.words
    with world.database.read() as session:
        assert session.scalars(sa.select(Attachment.field_id)).all() == [world.afterwards["document"]]


def test_a_file_waits_is_opened_and_is_its_agencys_alone(
    either: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, content = either, b"%PDF-1.7 " + bytes(600_000)
    field_id = uploaded(world, content)
    with pytest.raises(NotFound):  # not before it was looked at
        part_for(world, "h-rep", field_id, Part(is_copy=False))
    given: list[object] = []
    monkeypatch.setattr(workshop, "open_file", lambda *of: given.append(of) or MADE)
    assert work.work_once(world.database, None)
    assert given == [("pdf", content)]
    assert not work.work_once(world.database, None)
    assert part_for(world, "h-rep", field_id, Part(is_copy=False)) == content
    assert part_for(world, "h-rep", field_id, Part(2, is_copy=False)) == MADE.pictures[1]
    with world.database.write() as session:
        records.set_offer(session, session.get_one(Field, field_id), Offered.FULL, by=by(world, "h-rep"))
    for who in OTHERS:
        for part in (Part(is_copy=False), Part(1, is_copy=False), Part(0, is_copy=False), Part(), Part(1)):
            assert part_for(world, who, field_id, part) is None


@pytest.mark.parametrize("fault", [Fault.BROKEN, Fault.LOCKED, Fault.BOMB])
def test_a_file_that_is_refused_is_dropped(
    world: World, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    field_id = uploaded(world)

    def refuse(*_: object) -> workshop.Opened:
        raise Unfit(fault)

    monkeypatch.setattr(workshop, "open_file", refuse)
    work.work_once(world.database, None)
    found = state(world, field_id)
    assert (found.state, found.fault) == ("refused", fault.value)
    with world.database.read() as session:
        assert session.scalars(sa.select(FileChunk.file_id).where(FileChunk.field_id == field_id)).all() == []


def test_without_the_scanner_nothing_is_opened(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    field_id = uploaded(world)
    monkeypatch.setattr(workshop, "open_file", lambda *_: pytest.fail("opened before it was scanned"))

    def away(*_: object) -> bool:
        raise ScannerAway

    monkeypatch.setattr(work, "is_clean", away)
    for minutes in range(0, 300, 2):  # as often as it is tried
        with clock.held(NOW + minutes * work.SOON):
            work.work_once(world.database, "/run/clamd.ctl")
    assert state(world, field_id).state == "waiting"
    monkeypatch.setattr(work, "is_clean", lambda *_: False)
    with clock.held(NOW + 400 * work.SOON):
        work.work_once(world.database, "/run/clamd.ctl")
    assert (state(world, field_id).state, state(world, field_id).fault) == ("refused", "virus")


def test_what_was_begun_and_not_finished_is_taken_up_again_but_not_for_ever(world: World) -> None:
    field_id = uploaded(world)
    for turn in range(work.TRIES):
        with clock.held(NOW + turn * 2 * work.AT_MOST):
            assert work._claimed(world.database) is not None  # and dies
            assert work._claimed(world.database) is None
    with clock.held(NOW + 100 * work.AT_MOST):
        work.work_once(world.database, None)
    assert state(world, field_id).state == "refused"


# --- copies ---


def test_others_see_the_chosen_copy_as_far_as_it_is_offered(either: World) -> None:
    world, field_id, copy_id = either, either.afterwards["document"], either.afterwards["copy"]
    copy = built([png(100), png(101)])
    assert part_for(world, "p-rep", field_id, Part()) == copy
    assert part_for(world, "p-rep", field_id, Part(2)) == png(101)
    assert part_for(world, "p-rep", field_id, Part(copy_id=copy_id)) == copy
    for level in (Offered.SUMMARY, Offered.PRESENCE, Offered.NONE):
        with world.database.write() as session:
            field = session.get_one(Field, field_id)
            if level is Offered.SUMMARY:
                records.correct_field(session, field, value=TITLE, summary="A letter", recorded_at=None,
                                      by=world.staff["h-rep"], at=NOW)  # fmt: skip
            records.set_offer(session, field, level, by=by(world, "h-rep"))
        assert part_for(world, "p-rep", field_id, Part()) is None
        assert part_for(world, "h-rep", field_id, Part()) == copy


def test_a_copy_that_is_not_chosen_is_nobody_elses(world: World) -> None:
    field_id, before = world.afterwards["document"], world.afterwards["copy"]
    viewer = world.viewer("h-rep")
    with world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        copy = documents.ask_copy(session, viewer, case, field_id, at=NOW)
        with pytest.raises(Conflict):  # it waits
            documents.choose_copy(session, viewer, case, field_id, copy.id, at=NOW)
        work.keep_copy(session, copy, workshop.Copy([png(7)], built([png(7)]), ["Seen"]))
        other = copy.id
    assert part_for(world, "p-rep", field_id, Part(1, copy_id=other)) == png(100)
    assert part_for(world, "h-rep", field_id, Part(1, copy_id=other)) == png(7)
    with world.database.write() as session:
        documents.choose_copy(session, viewer, session.get_one(Case, world.case_id), field_id, other, at=NOW)
    assert part_for(world, "p-rep", field_id, Part(1, copy_id=before)) == png(7)
    with world.database.read() as session:  # the one before is gone, with its pages
        assert session.get(DocumentCopy, before) is None
        left = session.scalars(sa.select(FileChunk.file_id).where(FileChunk.file_id.startswith(before)))
        assert left.all() == []


def test_a_copy_that_is_refused_says_where_and_is_not_kept(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    field_id, viewer = world.afterwards["document"], world.viewer("h-rep")
    with world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        documents.mark_words(session, viewer, case, field_id, ["Mill Street", " ", "Mill  Street"])
        documents.mark_region(session, viewer, case, field_id, 2, [(100, 200), (4000, 3000)])
        documents.ask_copy(session, viewer, case, field_id, at=NOW + timedelta(minutes=1))
    asked: dict[str, object] = {}

    def refuse(_opened: object, **given: object) -> workshop.Copy:
        asked.update(given)
        raise Unfit(Fault.SURVIVES, 2)

    monkeypatch.setattr(workshop, "redact", refuse)
    assert work.work_once(world.database, None)
    assert asked == {"regions": [(2, 100, 200, 4000, 3000)], "words": ("Mill Street",)}
    with world.database.write() as session:
        shown = documents.own_document(session, viewer, session.get_one(Case, world.case_id), field_id)
        newest = shown.newest
        assert newest is not None
        assert (newest.state, newest.fault_page, newest.pages) == (State.REFUSED, 2, 0)
        with pytest.raises(Conflict):
            documents.choose_copy(session, viewer, session.get_one(Case, world.case_id), field_id,
                                  newest.id, at=NOW)  # fmt: skip
    assert part_for(world, "p-rep", field_id, Part(1)) == png(100)  # the chosen one stands


def test_another_agency_can_do_nothing_with_a_document(world: World) -> None:
    field_id, copy_id = world.afterwards["document"], world.afterwards["copy"]
    viewer = world.viewer("p-rep")
    with world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        for act in (
            lambda: documents.own_document(session, viewer, case, field_id),
            lambda: documents.mark_region(session, viewer, case, field_id, 1, [(0, 0), (900, 900)]),
            lambda: documents.unmark_region(session, viewer, case, field_id, 1, 0),
            lambda: documents.mark_words(session, viewer, case, field_id, ["x"]),
            lambda: documents.ask_copy(session, viewer, case, field_id, at=NOW),
            lambda: documents.choose_copy(session, viewer, case, field_id, copy_id, at=NOW),
        ):
            with pytest.raises(NotFound):
                act()


# --- the log ---


def test_each_page_is_committed_to_as_it_was_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    field_id, inner = world.afterwards["document"], writing.item
    shown: list[object] = []

    def noted(**given: object) -> object:
        shown.append(given["shown"])
        return inner(**given)  # type: ignore[arg-type]

    monkeypatch.setattr(writing, "item", noted)
    for page, picture in enumerate((png(100), png(101)), start=1):
        assert part_for(world, "p-rep", field_id, Part(page)) == picture
        assert shown.pop() == f"{TITLE}\n{PAGES[page - 1]}".encode() + picture
    assert part_for(world, "p-rep", field_id, Part()) == built([png(100), png(101)])
    assert shown.pop() == f"{TITLE}\n".encode() + built([png(100), png(101)])
    place(world.database, HOME)
    with world.database.read() as session:  # the owner learns of each
        entries = events_for(session, HOME, "homes", Wanted(names=("disclosure.shown",)))
    assert [one.field for entry in entries[:3] for one in entry.items if one is not None] == [field_id] * 3


# --- what somebody writes into the database ---


def test_earlier_marks_or_none_are_not_taken_for_those_of_now(either: World) -> None:
    world, field_id = either, either.afterwards["document"]
    viewer, older = world.viewer("h-rep"), b""
    for words in (["Mill Street"], ["Mill Street", "Zebedee"]):
        older = state(world, field_id).marks or b""
        with world.database.write() as session:
            documents.mark_words(session, viewer, session.get_one(Case, world.case_id), field_id, words)
    for marks in (older, None):
        with by_hand(world) as connection:
            connection.execute(sa.update(Attachment.__table__).values(marks=marks))
        with world.database.write() as session, pytest.raises(SealBroken):
            documents.ask_copy(session, viewer, session.get_one(Case, world.case_id), field_id, at=NOW)
    with by_hand(world) as connection:
        connection.execute(sa.update(Attachment.__table__).values(marks=None, marks_number=0))
    with world.database.write() as session, pytest.raises(RowBroken):
        documents.ask_copy(session, viewer, session.get_one(Case, world.case_id), field_id, at=NOW)


EDITS = {
    "another copy": "UPDATE attachment SET copy_id = 'cpy_other' WHERE field_id = :document",
    "no copy": "UPDATE attachment SET copy_id = NULL WHERE field_id = :document",
    "owner": "UPDATE attachment SET owner = 'police' WHERE field_id = :document",
    "state": "UPDATE document_copy SET state = 'waiting' WHERE id = :copy",
    "pages": "UPDATE document_copy SET pages = 9 WHERE id = :copy",
    "field": "UPDATE document_copy SET made_by = 'x' WHERE id = :copy",
    "a page as the copy": (
        "UPDATE file_chunk SET sealed = (SELECT sealed FROM file_chunk WHERE file_id = :copy || '/page/2') "
        "WHERE file_id = :copy || '/page/1'"
    ),
    "the original as the copy": (
        "UPDATE file_chunk SET sealed = (SELECT sealed FROM file_chunk WHERE file_id = :document || "
        "'/original') WHERE file_id = :copy || '/page/1'"
    ),
    "a chunk gone": "DELETE FROM file_chunk WHERE file_id = :copy || '/page/1'",
}


@pytest.mark.parametrize("what", EDITS)
def test_an_edit_opens_nothing(either: World, what: str) -> None:
    known = {name: either.afterwards[name] for name in ("document", "copy")}
    with by_hand(either) as connection:
        named = {name: value for name, value in known.items() if f":{name}" in EDITS[what]}
        assert connection.execute(sa.text(EDITS[what]), named).rowcount
    with pytest.raises((RowBroken, SealBroken)):
        part_for(either, "p-rep", known["document"], Part(1))


def test_nothing_in_the_tables_says_what_a_document_says(world: World) -> None:
    field_id = uploaded(world, b"%PDF-1.7 Kowalczyk")
    with world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        documents.mark_words(session, world.viewer("h-rep"), case, world.afterwards["document"], ["Zebedee"])
    with world.database.engine.connect() as connection:
        for model in (Attachment, DocumentCopy, FileChunk):
            held = repr(connection.execute(sa.select(model.__table__)).all())
            assert not [one for one in ("Kowalczyk", "Zebedee", "surgery", TITLE) if one in held]
    assert field_id


# --- erasure, and keys that change ---


def test_erasing_a_person_takes_their_documents(either: World) -> None:
    world = either
    with world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        both, _ = add_document(session, world, case, "h-rep", about=("victim", "child"), offered="full")
        childs, _ = add_document(session, world, case, "h-rep", about=("child",), offered="full")
    with world.database.write() as session:
        store.forget_person(session, world.people["victim"])
    with world.database.read() as session:
        left = set(session.scalars(sa.select(Attachment.field_id)))
        assert left == {both, childs}
        assert set(session.scalars(sa.select(FileChunk.field_id))) == left
        assert set(session.scalars(sa.select(DocumentCopy.field_id))) == left
    world.database.keys.destroy(f"person/{world.people['victim']}")
    assert part_for(world, "p-rep", both, Part(1)) is None
    assert part_for(world, "h-rep", both, Part(is_copy=False)) is None
    with world.database.read() as session, pytest.raises(KeyGone):
        store.get(session, session.get_one(Attachment, both), store.original_id(both))
    assert part_for(world, "s-chair", childs, Part(1)) == png(100)


def test_a_file_can_be_sealed_again(world: World) -> None:
    field_id = world.afterwards["document"]
    with world.database.write() as session:
        attachment = session.get_one(Attachment, field_id)
        name = store.original_id(field_id)
        before = session.scalars(sa.select(FileChunk.sealed).where(FileChunk.file_id == name)).all()
        content = store.get(session, attachment, name)
        store.reseal(session, attachment, name)
        after = session.scalars(sa.select(FileChunk.sealed).where(FileChunk.file_id == name)).all()
        assert store.get(session, attachment, name) == content
    assert len(before) == len(after)
    assert not set(before) & set(after)


# --- pages ---


@pytest.fixture
def client(world: World) -> Iterator[FlaskClient]:
    app = application(world)
    app.config["WTF_CSRF_ENABLED"] = False
    with told("pages"):
        yield signed_in(app, world, "h-rep")
    parts_of(app).database.close()


def path(world: World, rest: str = "") -> str:
    return f"/cases/{world.case_id}/documents/{world.afterwards['document']}{rest}"


FORM = {"class_name": "tenancy.history", "value": "Photo of the door", "kind": "fact"}


def test_a_file_is_sent_through_the_page_and_waits(world: World, client: FlaskClient) -> None:
    form = {**FORM, "about": world.people["victim"], "file": (io.BytesIO(png()), "Maria Kowalczyk.png")}
    answer = client.post(f"/cases/{world.case_id}/documents/add", data=form, base_url=HOST)
    assert answer.status_code == 303
    shown = client.get(answer.headers["Location"], base_url=HOST).text
    assert "We are checking the file" in shown
    assert "Maria Kowalczyk.png" not in shown  # names of files are not kept


@pytest.mark.parametrize(
    ("size", "status"), [(1_500_000, 303), (MOST_BYTES + 1, 422), (22_000_000, TOO_LARGE)]
)
def test_only_a_file_may_be_large_and_it_stays_in_memory(
    world: World, client: FlaskClient, size: int, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *_, **__: pytest.fail("written to a disk"))
    form = {**FORM, "about": world.people["victim"]}
    fields = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in form.items()]
    fields.append(b'name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7' + bytes(size - 8))
    body = b"".join(b"--x\r\nContent-Disposition: form-data; " + one + b"\r\n" for one in fields) + b"--x--"
    how = {"data": body, "content_type": "multipart/form-data; boundary=x", "base_url": HOST}
    assert client.post(f"/cases/{world.case_id}/documents/add", **how).status_code == status
    if size > 1_000_000:
        assert client.post(f"/cases/{world.case_id}/research/add", **how).status_code == TOO_LARGE


@pytest.mark.parametrize("class_name", ["contact.safe-address", "contact.safe-contact", "identity.name"])
def test_no_document_holds_what_must_not_be_on_paper(
    world: World, client: FlaskClient, class_name: str
) -> None:
    where = f"/cases/{world.case_id}/documents/add"
    assert f'value="{class_name}"' not in client.get(where, base_url=HOST).text
    form = {**FORM, "class_name": class_name, "about": world.people["victim"]}
    answer = client.post(where, data={**form, "file": (io.BytesIO(png()), "a.png")}, base_url=HOST)
    assert answer.status_code == 422
    assert "Choose what kind of information this is." in answer.text


def test_two_corners_mark_a_place_and_numbers_do_too(world: World, client: FlaskClient) -> None:
    page = path(world, "/pages/1")
    first = {"at.x": "80", "at.y": "107", "height": "1067"}
    assert client.post(page, data=first, base_url=HOST).status_code == 303
    assert "One corner is marked" in client.get(page, base_url=HOST).text
    client.post(page, data={"at.x": "400", "at.y": "534", "height": "1067"}, base_url=HOST)
    client.post(page, data={"left": "60", "top": "60", "right": "90", "bottom": "70"}, base_url=HOST)
    shown = client.get(page, base_url=HOST).text
    assert "From 10% across and 10% down to 50% across and 50% down" in shown
    assert "From 60% across and 60% down to 90% across and 70% down" in shown
    client.post(path(world, "/pages/1/unmark"), data={"mark": "0"}, base_url=HOST)
    assert "From 10% across and 10% down" not in client.get(page, base_url=HOST).text
    for bad in ({}, {"left": "60", "top": "60", "right": "60", "bottom": "60"}, {"left": "-1"}):
        assert client.post(page, data=bad, base_url=HOST).status_code == 422


@pytest.mark.parametrize("what", ["documents/{}/original", "shared/{}/document.pdf"], ids=["ours", "a copy"])
def test_a_file_is_saved_and_runs_nothing(world: World, client: FlaskClient, what: str) -> None:
    where = f"/cases/{world.case_id}/{what.format(world.afterwards['document'])}"
    answer = client.get(where, base_url=HOST)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="document.')
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Disclosure-Receipt" in answer.headers


def test_a_reader_turns_the_pages_and_learns_nothing_of_the_file(world: World) -> None:
    app = application(world)
    with told("reader"):
        reader = signed_in(app, world, "p-rep")
        case_page = reader.get(f"/cases/{world.case_id}", base_url=HOST).text
        where = f"/cases/{world.case_id}/shared/{world.afterwards['document']}"
        assert where in case_page
        first, second = (reader.get(f"{where}?page={n}", base_url=HOST) for n in (1, 2))
        assert "Page 1 of 2" in first.text
        assert PAGES[1] in second.text
        assert "data:image/png;base64," in first.text
        for n in ("0", "3", "99999", "-1"):
            assert reader.get(f"{where}?page={n}", base_url=HOST).status_code == 404
        assert reader.get(path(world), base_url=HOST).status_code == 404
        assert reader.get(path(world, "/original"), base_url=HOST).status_code == 404
    parts_of(app).database.close()


def test_a_summary_that_seems_to_name_somebody_is_shown_once_more(world: World, client: FlaskClient) -> None:
    where = f"/cases/{world.case_id}/research/add"
    summary = "Maria's sister at LS9 0AA helps"
    form = {**FORM, "about": world.people["victim"], "offered": "summary", "summary": summary}
    answer = client.post(where, data=form, base_url=HOST)
    assert answer.status_code == 422
    said = "This summary seems to name Maria and a postcode (LS9 0AA). Check before you share it."
    assert said in answer.text
    digest = hashlib.sha256(summary.encode()).hexdigest()
    assert client.post(where, data={**form, "checked": digest}, base_url=HOST).status_code == 303
    other = {**form, "summary": "Zofia helps", "checked": digest}
    assert client.post(where, data=other, base_url=HOST).status_code == 422
    for level in ("none", "presence", "full"):
        assert client.post(where, data={**form, "offered": level}, base_url=HOST).status_code == 303
    assert client.post(where, data={**form, "summary": "Family helps"}, base_url=HOST).status_code == 303


def test_marks_survive_as_they_were_written(world: World) -> None:
    viewer, field_id = world.viewer("h-rep"), world.afterwards["document"]
    with world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        documents.mark_words(session, viewer, case, field_id, ["7 Larch Walk", "Zoë"])
        assert not documents.mark_region(session, viewer, case, field_id, 1, [(5000, 6000)])
        assert documents.mark_region(session, viewer, case, field_id, 1, [(1000, 2000)])
        marks = documents.own_document(session, viewer, case, field_id).marks
    assert marks.words == ("7 Larch Walk", "Zoë")
    assert json.loads(marks.to_text())["regions"] == [[1, 1000, 2000, 5000, 6000]]
