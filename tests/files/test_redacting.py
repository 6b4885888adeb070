"""What is removed is gone: from text, streams, properties and bytes, and for the eyes of a machine."""

from __future__ import annotations

import io
import os
import random
import re
import shutil
import zlib
from collections.abc import Iterator

import pikepdf
import pytest
from PIL import Image

from conference.files import child, workshop
from conference.files.faults import Fault, Unfit
from conference.files.kinds import Media, media_of
from conference.files.painting import built
from conference.files.tokens import WHOLE, Box, Token, folded, found_in
from conference.files.workshop import Copy, Opened
from tests.files import made

pytestmark = [
    pytest.mark.slow,
    # in CI they fail instead: set-up installs it there
    pytest.mark.skipif(
        shutil.which("tesseract") is None and os.environ.get("CI") != "true", reason="needs tesseract"
    ),
]
WORD = "Kowalczyk"
WITH_WORD = ("Mrs Kowalczyk was seen today", "She came with her sister")
MAKERS = {"pdf": made.pdf, "png": made.png, "jpeg": made.jpeg, "docx": made.docx}


def file_of(kind: str, lines: tuple[str, ...], hidden: str) -> bytes:
    if kind == "pdf":
        return made.pdf((lines,), hidden=hidden)
    return MAKERS[kind](lines, hidden=hidden)  # type: ignore[operator]


def streams(pdf: bytes) -> Iterator[bytes]:
    """Every object of a PDF: as it is written, and what its streams hold when unpacked."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for one in document.objects:
            yield repr(one).encode()
            if isinstance(one, pikepdf.Stream):
                yield one.read_raw_bytes()
                if one.get("/Subtype") != "/Image":
                    yield one.read_bytes()


def spelt(word: str) -> list[bytes]:
    return [word.encode(), word.lower().encode(), word.upper().encode(),
            word.encode("utf-16-be"), word.encode("utf-16-le"), word.encode().hex().encode()]  # fmt: skip


def assert_gone(copy: Copy, word: str) -> None:
    for whole in (copy.pdf, *copy.pictures, *streams(copy.pdf)):
        assert not [one for one in spelt(word) if one in whole]
    with pikepdf.open(io.BytesIO(copy.pdf)) as document:
        said = [str(value) for value in document.docinfo.values()]
        assert not [one for one in said if word.lower() in one.lower()]
        assert "/Metadata" not in document.Root
        assert not [page for page in document.pages if "/Annots" in page]
    for text in copy.texts:
        assert folded(word) not in folded(text)
    for picture in copy.pictures:
        with Image.open(io.BytesIO(picture)) as image:
            assert not image.getexif()
            assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}


@pytest.mark.parametrize("kind", MAKERS)
def test_a_word_is_gone_from_everywhere(kind: str) -> None:
    if kind == "docx" and shutil.which("soffice") is None:
        pytest.skip("needs LibreOffice")
    content = file_of(kind, WITH_WORD, WORD)
    opened = workshop.open_file(media_of(content), content)
    copy = workshop.redact(opened, regions=[], words=[WORD])
    assert_gone(copy, WORD)
    assert "sister" in " ".join(copy.texts)  # what was not removed is still there
    assert "today" in " ".join(copy.texts)


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_marked_place_is_black_and_all_else_as_it_was(kind: str) -> None:
    content = file_of(kind, WITH_WORD, "")
    opened = workshop.open_file(Media(kind), content)
    copy = workshop.redact(opened, regions=[(1, 500, 500, 5000, 3000)], words=[])
    before, after = (
        Image.open(io.BytesIO(one)).convert("L") for one in (opened.pictures[0], copy.pictures[0])
    )
    width, height = before.size
    inside = after.crop((width * 6 // 100, height * 6 // 100, width * 49 // 100, height * 29 // 100))
    assert inside.getextrema()[1] < 12
    below = (0, height * 31 // 100, width, height)
    if kind == "png":
        assert before.crop(below).tobytes() == after.crop(below).tobytes()


def test_nothing_of_a_docx_that_is_not_on_its_pages_is_in_their_pictures() -> None:
    if shutil.which("soffice") is None:
        pytest.skip("needs LibreOffice")
    content = made.docx(("Seen at the surgery",), hidden="Zebedee")
    opened = workshop.open_file(Media.DOCX, content)
    said = [text for page in opened.layer for text, _ in page]
    assert said.count("Zebedee") + said.count("Zebedee,") == 2  # header and footer, which are on the page
    assert "friend" in said


def test_a_word_that_is_left_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever painting misses, reading again finds."""
    left = Opened([made.png(WITH_WORD)], [[]])
    pictures = child.run(
        "paint", {"regions": [], "words": [], "layer": [[]]}, left.pictures, seconds=60
    ).parts
    with pytest.raises(Unfit) as caught:
        child.run("reread", {"words": [WORD]}, pictures, seconds=120)
    assert (caught.value.fault, caught.value.page) == (Fault.SURVIVES, 1)


def broken_copies() -> dict[str, bytes]:
    """PDFs that look right and hold the word."""
    with_picture = built([made.png(("Seen at the surgery",))])
    out = {}
    with pikepdf.open(io.BytesIO(with_picture)) as document:
        document.docinfo["/Subject"] = WORD
        out["in the properties"] = saved(document)
    with pikepdf.open(io.BytesIO(with_picture)) as document:
        document.Root["/Note"] = pikepdf.Stream(document, zlib.compress(WORD.encode()))
        document.Root["/Note"]["/Filter"] = pikepdf.Name("/FlateDecode")
        out["in a stream"] = saved(document)
    out["after the end"] = with_picture + b"\n% " + WORD.encode()
    with_text = made.pdf((("Seen at the surgery", WORD),))
    out["in its text"] = with_text
    return out


def saved(document: pikepdf.Pdf) -> bytes:
    out = io.BytesIO()
    document.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return out.getvalue()


@pytest.mark.parametrize("where", broken_copies())
def test_a_copy_that_holds_the_word_in_its_bytes_is_refused(where: str) -> None:
    picture = made.png(("Seen at the surgery",))
    with Image.open(io.BytesIO(picture)) as image:
        plain = io.BytesIO()
        Image.frombytes(image.mode, image.size, image.tobytes()).save(plain, "PNG")
    with pytest.raises(Unfit) as caught:
        child.run("reread", {"words": [WORD]}, [plain.getvalue(), broken_copies()[where]], seconds=120)
    assert caught.value.fault in {Fault.SURVIVES, Fault.BROKEN}


def test_a_picture_that_carries_more_than_pixels_is_refused() -> None:
    carrying = made.png(("Seen at the surgery",), hidden=WORD)
    with pytest.raises(Unfit):
        child.run("reread", {"words": []}, [carrying, built([carrying])], seconds=120)


SYLLABLES = ("ka", "mo", "ten", "ri", "sol", "ba", "gu", "len", "do", "var", "ni", "pes")


@pytest.mark.parametrize("seed", range(3))
def test_random_words_at_random_places(seed: int) -> None:
    draw = random.Random(seed)
    word = "".join(draw.choice(SYLLABLES) for _ in range(3)).capitalize()
    lines = []
    for _ in range(4):
        said = ["She", "was", "seen", "there", "again"]
        if draw.random() < 0.7:
            said.insert(draw.randrange(len(said)), word + draw.choice(("", ",", "'s")))
        lines.append(" ".join(said))
    content = draw.choice((made.png, lambda given: made.pdf((given,))))(lines)
    copy = workshop.redact(workshop.open_file(media_of(content), content), regions=[], words=[word])
    assert_gone(copy, word)
    assert len(re.findall("again", " ".join(copy.texts))) >= 2


def at(*texts: str) -> list[Token]:
    return [Token(text, Box(0, 0, WHOLE, WHOLE)) for text in texts]


@pytest.mark.parametrize(
    ("texts", "word", "hits"),
    [
        pytest.param(("Mrs", "Kowalczyk's", "flat"), "Kowalczyk", {1}, id="with-more-around-it"),
        pytest.param(("KOWALCZYK,",), "Kowalczyk", {0}, id="capitals"),
        pytest.param(("Kowa1czyk",), "Kowalczyk", {0}, id="a-look-alike"),
        pytest.param(("Kowalezyk",), "Kowalczyk", {0}, id="a-letter-misread"),
        pytest.param(("Kowal-", "czyk"), "Kowalczyk", {0, 1}, id="over-a-break-of-line"),
        pytest.param(("at", "7", "Larch", "Walk,", "now"), "7 Larch Walk", {1, 2, 3}, id="a-phrase"),
        pytest.param(("07700", "900", "123"), "07700 900123", {0, 1, 2}, id="a-number-otherwise-grouped"),
        pytest.param(("Bernard",), "Bemard", {0}, id="rn-for-m"),
        pytest.param(("Ber-", "nard"), "Bernard", {0, 1}, id="a-pair-over-a-break"),
        pytest.param(("José",), "Jose", {0}, id="an-accent"),
        pytest.param(("Al", "came", "to", "Salford"), "Al", {0}, id="short-words-whole"),
        pytest.param(("hospital",), "Mill", set(), id="not-there"),
    ],
)
def test_which_words_say_it(texts: tuple[str, ...], word: str, hits: set[int]) -> None:
    assert found_in(at(*texts), [word]) == hits
