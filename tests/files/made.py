"""Files for the tests: each holds a word wherever such a file can hide one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

from docx import Document
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo
from reportlab.pdfgen.canvas import Canvas

FONT = "DejaVuSans.ttf"
LINES = ("She was seen at the surgery", "and came with her sister")


def picture(lines: Sequence[str] = LINES, *, size: tuple[int, int] = (900, 360)) -> Image.Image:
    """Black words on white, large enough to be read."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    try:
        font: object = ImageFont.truetype(FONT, 34)
    except OSError:
        font = ImageFont.load_default(34)
    for number, line in enumerate(lines):
        draw.text((40, 40 + 60 * number), line, fill="black", font=font)  # type: ignore[arg-type]
    return image


def png(lines: Sequence[str] = LINES, *, hidden: str = "") -> bytes:
    """A PNG; `hidden` in its text chunks and in its Exif."""
    out, info = io.BytesIO(), PngInfo()
    if hidden:
        info.add_text("Comment", hidden)
        info.add_itxt("Title", hidden)
    exif = Image.Exif()
    exif[0x010E] = hidden or "nothing"
    picture(lines).save(out, "PNG", pnginfo=info, exif=exif)
    return out.getvalue()


def jpeg(lines: Sequence[str] = LINES, *, hidden: str = "") -> bytes:
    """A JPEG; `hidden` in its Exif and its comment."""
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = hidden or "nothing"
    picture(lines).save(out, "JPEG", quality=92, exif=exif, comment=hidden.encode())
    return out.getvalue()


def pdf(pages: Sequence[Sequence[str]] = (LINES,), *, hidden: str = "") -> bytes:
    """A PDF; `hidden` in its properties, its outline, an annotation, white on white and under a black box."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(432, 173), pageCompression=1)
    if hidden:
        canvas.setTitle(f"Letter about {hidden}")
        canvas.setSubject(hidden)
        canvas.setKeywords(hidden)
    for number, lines in enumerate(pages):
        canvas.setFont("Helvetica", 17)
        for place, line in enumerate(lines):
            canvas.drawString(20, 140 - 29 * place, line)
        if hidden and number == 0:
            canvas.bookmarkPage(hidden)
            canvas.addOutlineEntry(hidden, hidden)
            canvas.textAnnotation(hidden, Rect=(400, 100, 420, 120))
            canvas.setFillColorRGB(1, 1, 1)
            canvas.drawString(20, 10, hidden)
            canvas.setFillColorRGB(0, 0, 0)
            canvas.drawString(250, 10, hidden)
            canvas.rect(245, 2, 180, 24, fill=1)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def docx(lines: Sequence[str] = LINES, *, hidden: str = "") -> bytes:
    """A DOCX; `hidden` in its properties, header, footer, a comment, deleted, moved and hidden text."""
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    if hidden:
        document.core_properties.author = hidden
        document.core_properties.comments = hidden
        document.core_properties.title = hidden
        document.sections[0].header.paragraphs[0].text = f"Re: {hidden}"
        document.sections[0].footer.paragraphs[0].text = f"{hidden}, page 1"
        run = document.add_paragraph("Seen ").add_run("twice")
        document.add_comment(run, text=f"Is this {hidden}?", author=hidden, initials="X")
        document.add_paragraph().add_run(hidden).font.hidden = True
    out = io.BytesIO()
    document.save(out)
    return _with_changes(out.getvalue(), hidden) if hidden else out.getvalue()


_AT = 'w:author="A" w:date="2026-05-03T10:00:00Z"'
_CHANGES = (
    '<w:p><w:r><w:t xml:space="preserve">Told </w:t></w:r>'
    '<w:del w:id="91" {at}><w:r><w:delText>{word}</w:delText></w:r></w:del>'
    '<w:ins w:id="92" {at}><w:r><w:t>a friend</w:t></w:r></w:ins>'
    '<w:moveFrom w:id="93" {at}><w:r><w:t>{word}</w:t></w:r></w:moveFrom></w:p>'
)


def _with_changes(content: bytes, word: str) -> bytes:
    """The same with tracked changes, which python-docx does not write."""
    made = _CHANGES.format(at=_AT, word=escape(word)).encode()
    return changed(content, "word/document.xml", lambda part: part.replace(b"<w:body>", b"<w:body>" + made))


def changed(content: bytes, name: str, change: object) -> bytes:
    """A DOCX with one of its parts changed; a part that is new is added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for part in source.infolist():
            held = source.read(part)
            target.writestr(part.filename, change(held) if part.filename == name else held)  # type: ignore[operator]
        if name not in source.namelist():
            target.writestr(name, change(b""))  # type: ignore[operator]
    return out.getvalue()
