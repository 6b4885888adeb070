"""A Word document as a PDF: first without what is hidden in it, then by LibreOffice, without macros."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import Any

from conference.files.child import Made
from conference.files.faults import Fault, Unfit
from conference.files.wordml import is_fetching, without_hidden

SECONDS = 90
_MOST_PARTS = 3_000
_MOST_UNPACKED = 150_000_000
_MAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_DROPPED = ("docProps/", "customXml/", "word/vba", "word/embeddings/", "word/activeX/")
_SPEAKING = (".svg", ".svgz", ".emf", ".wmf", ".emz", ".wmz")  # pictures that fetch others, or hold text
_PIXELS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff")
_BEGINNINGS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")  # of such pictures
_XML = (".xml", ".rels", ".vml")
_EMPTIED = ("word/comments",)


def to_pdf(_values: dict[str, Any], parts: list[bytes]) -> Made:
    """The PDF that LibreOffice makes of a DOCX. Raises Unfit."""
    office = shutil.which("soffice")
    if office is None:
        raise Unfit(Fault.NO_OFFICE)
    folder = Path.cwd()
    (folder / "document.docx").write_bytes(cleaned(parts[0]))
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_PROFILE, "utf-8")
    command = (
        *(office, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nologo"),
        *("--nolockcheck", "--nodefault", "--convert-to", f"pdf:writer_pdf_Export:{_EXPORT}"),
        *("--outdir", str(folder / "out"), str(folder / "document.docx")),
    )
    try:
        subprocess.run(command, timeout=SECONDS, check=False, capture_output=True)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise Unfit(Fault.SLOW) from None
    made = folder / "out" / "document.pdf"
    if not made.exists():
        raise Unfit(Fault.BROKEN)
    return Made({}, [made.read_bytes()])


def cleaned(content: bytes) -> bytes:
    """The document without properties, comments, deleted or hidden text, embedded files. Raises Unfit.

    A part that unpacks to more than it says is not read to its end.
    """
    try:
        source = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError):
        raise Unfit(Fault.BROKEN) from None
    if len(source.infolist()) > _MOST_PARTS:
        raise Unfit(Fault.BOMB)
    out, left = io.BytesIO(), _MOST_UNPACKED
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for part in source.infolist():
            held = _unpacked(source, part, left + 1)
            left -= len(held)
            if left < 0:
                raise Unfit(Fault.BOMB)
            if _is_kept(part.filename, held):
                target.writestr(part.filename, _part(part.filename, held))
    return out.getvalue()


def _unpacked(source: zipfile.ZipFile, part: zipfile.ZipInfo, most: int) -> bytes:
    try:
        with source.open(part) as stream:
            return stream.read(most)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        # all that zipfile raises for a part: broken, cut off, packed in another way, or under a password
        raise Unfit(Fault.BROKEN) from None


def _part(name: str, held: bytes) -> bytes:
    if name == "[Content_Types].xml" and (_MAIN not in held or b"macroEnabled" in held):
        raise Unfit(Fault.ACTIVE)
    if name.endswith(".rels"):
        if is_fetching(held):
            raise Unfit(Fault.ACTIVE)
        return held
    if name.lower().endswith(_XML):
        return without_hidden(held, empty=name.startswith(_EMPTIED))
    return held


def _is_kept(name: str, held: bytes) -> bool:
    """XML and pictures of pixels are. Others speak, and are left out: a picture of pixels stands beside.

    Raises Unfit for a document within the document.
    """
    if name.startswith(_DROPPED) or name.lower().endswith(_SPEAKING) or name.endswith("/"):
        return False
    if held.startswith(b"PK\x03\x04"):
        raise Unfit(Fault.ACTIVE)
    if name.lower().endswith(_PIXELS):
        return held.startswith(_BEGINNINGS)
    return name.lower().endswith(_XML)


# Comments stay out of the PDF, and nothing in it points anywhere.
_EXPORT = (
    '{"ExportNotes":{"type":"boolean","value":"false"},'
    '"ExportNotesInMargin":{"type":"boolean","value":"false"},'
    '"ExportBookmarks":{"type":"boolean","value":"false"},'
    '"ExportFormFields":{"type":"boolean","value":"false"}}'
)
_COMMON = "/org.openoffice.Office.Common"
_SETTINGS = (
    (f"{_COMMON}/Security/Scripting", "MacroSecurityLevel", "3"),
    (f"{_COMMON}/Security/Scripting", "DisableMacrosExecution", "true"),
    (f"{_COMMON}/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    (f"{_COMMON}/Security/Scripting", "DisableActiveContent", "true"),
    ("/org.openoffice.Office.Writer/Content/Update", "Link", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetProxyType", "2"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("/org.openoffice.Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)
_PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    + "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, name, value in _SETTINGS
    )
    + "</oor:items>\n"
)
