"""What was tried against keys, erasing, searching and documents, and must not work again."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from conference.cases.models import Case
from conference.commands import keys as rotating
from conference.db import Database
from conference.desk.matching.own_list import Client, Known, OwnList
from conference.files.faults import Unfit
from conference.files.office import cleaned
from conference.sharing.door import disclose
from conference.sharing.holding import services as holding
from conference.sharing.models import ConsentRow
from conference.web import ConferenceFlask, parts_of
from tests.routes import ROUTES
from tests.support.client import application, copied, looked, signed_in
from tests.support.world import NOW, World, make, told


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> World:
    return looked(make(tmp_path_factory.mktemp("world")))


@pytest.fixture
def world(first: World, tmp_path: Path) -> World:
    return copied(first, tmp_path / "world")


@pytest.fixture
def app(world: World) -> ConferenceFlask:
    made = application(world)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def shown(world: World, who: str, seed: str) -> set[str | None]:
    with told(seed), world.database.write() as session:
        case = session.get_one(Case, world.case_id)
        return {row.text for row in disclose(session, world.viewer(who), [case])[case.id].rows}


# --- searching ---


def test_a_list_of_long_names_holds_up_nobody() -> None:
    """36 minutes for a list of the allowed size, in the one transaction that writes."""
    rows = (Client(n, f"Maria Kowalczyk Ab{n % 90}x Cdefg Hijkl Mnopq") for n in range(3_000))
    clients = OwnList(rows)
    began = time.process_time()
    assert clients.matches(Known(("Maria Kowalczyk Ab1x Cdefh Hijkm Mnopr",)))
    assert time.process_time() - began < 5


# --- keys that are not given ---


@pytest.mark.parametrize("agency", ["haven", "nhs"])
def test_consent_is_taken_back_while_an_agency_does_not_give_its_key(
    app: ConferenceFlask, world: World, agency: str
) -> None:
    """It answered 503, and what rested on the consent went on being shown to everybody else."""
    database = parts_of(app).database
    with told("taken back"):
        holding.revoke(database, agency)
    with told("withdrawn"):
        client = signed_in(app, world, "h-rep")
        answer = client.post(f"/cases/{world.case_id}/consents/{world.consent_id}/withdraw")
    assert answer.status_code == 303
    with database.read() as session:
        assert session.get_one(ConsentRow, world.consent_id).withdrawn_at is not None


def test_a_wrong_disclosure_is_reported_while_an_agency_does_not_give_its_key(
    app: ConferenceFlask, world: World
) -> None:
    with told("taken back"):
        holding.revoke(parts_of(app).database, "haven")
    route = ROUTES["wrong.report", "POST"]
    with told("reported"):
        answer = signed_in(app, world, "p-ig").post(route.path(world, "p-ig"), data=route.form(world, "p-ig"))
    assert answer.status_code == 303


# --- rotating ---


def rotate(database: Database, agency: str) -> None:
    with told("rotated"):
        rotating.rotate(database, agency=agency, fields=True, tell=lambda _: None)
    with told("destroyed", NOW + timedelta(minutes=5)):
        rotating.destroy(database, agency=agency, tell=lambda _: None)


def test_documents_outlive_the_keys_that_they_came_under(app: ConferenceFlask, world: World) -> None:
    """Their data keys were dropped as unused."""
    rotate(world.database, "homes")
    place = f"/cases/{world.case_id}"
    document, copy = world.afterwards["document"], world.afterwards["copy"]
    for who, path in (
        ("p-rep", f"{place}/shared/{document}"),
        ("p-rep", f"{place}/shared/{document}/document.pdf"),
        ("h-rep", f"{place}/documents/{document}/original"),
        ("h-rep", f"{place}/documents/{document}/pages/1"),
        ("h-rep", f"{place}/documents/{document}/copies/{copy}"),
    ):
        with told(path):
            assert signed_in(app, world, who).get(path).status_code == 200, path


def test_a_data_key_under_a_false_label_keeps_old_keys_from_being_destroyed(world: World) -> None:
    """The database said that nothing was under the old key; it was destroyed, and all with it."""
    with world.database.write() as session:
        labelled = session.scalars(
            text("SELECT id FROM data_key WHERE owner = 'haven' AND purpose = 'field'")
        ).all()
        session.execute(
            text("UPDATE data_key SET wrapped_by = 2 WHERE owner = 'haven' AND purpose = 'field'")
        )
    rotate(world.database, "haven")
    with world.database.write() as session:
        rows = [{"id": one} for one in labelled]
        session.execute(text("UPDATE data_key SET wrapped_by = 1 WHERE id = :id"), rows)
    assert "To stay near the school" in shown(world, "v-idva", "after")


# --- hostile files ---

MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
WORDS = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(main: str = "word/document.xml", body: str = "", relations: str = "", **more: bytes) -> bytes:
    """A Word document. more: other parts, by name with __ for a slash and _0 for a dot."""
    folder, name = main.rsplit("/", 1)
    document = f'<w:document xmlns:w="{WORDS}" xmlns:r="{RELATIONS}"><w:body>{body}</w:body></w:document>'
    types = f'<Types><Override PartName="/{main}" ContentType="{MAIN}"/></Types>'
    begins = f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="{main}"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        target.writestr("[Content_Types].xml", types)
        target.writestr("_rels/.rels", f"<Relationships>{begins}</Relationships>")
        target.writestr(main, document)
        target.writestr(f"{folder}/_rels/{name}.rels", f"<Relationships>{relations}</Relationships>")
        for part, held in more.items():
            target.writestr(part.replace("__", "/").replace("_0", "."), held)
        if main != "word/document.xml":
            target.writestr("word/document.xml", document)
    return out.getvalue()


DELETED = "<w:p><w:del><w:r><w:delText>Larch Walk</w:delText></w:r></w:del></w:p>"
PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///srv/keys.svg"/></svg>'


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(docx(word__media__image1_0svg=PICTURE), id="a picture that names a file"),
        pytest.param(docx(word__media__image1_0png=PICTURE), id="the same under another name"),
        pytest.param(docx(word__media__image1_0png=gzip.compress(PICTURE)), id="the same, packed"),
        pytest.param(
            docx(
                body='<w:altChunk r:id="r9"/>',
                relations=f'<Relationship Id="r9" Type="{RELATIONS}/aFChunk" Target="chunk.docx"/>',
                word__chunk_0docx=docx(body=DELETED),
            ),
            id="a document within",
        ),
        pytest.param(docx("other/document.xml", DELETED), id="the text elsewhere"),
    ],
)
def test_what_a_word_document_brings_beside_its_text_is_refused_or_taken_out(content: bytes) -> None:
    """LibreOffice painted any picture that the server may read, and text that nobody had looked at."""
    held = _held_by(content)
    assert b"file:///" not in held
    assert b"Larch Walk" not in held
    assert b"PK\x03\x04" not in held
    assert b"\x1f\x8b" not in held


def _held_by(content: bytes) -> bytes:
    """All that LibreOffice would be given of it; nothing where it is refused."""
    try:
        left = cleaned(content)
    except Unfit:
        return b""
    with zipfile.ZipFile(io.BytesIO(left)) as source:
        return b"".join(source.read(name) for name in source.namelist())
