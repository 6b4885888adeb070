"""What a file is, by what is in it. Its name and what the browser says of it count for nothing."""

from __future__ import annotations

from enum import StrEnum

from conference.files.faults import MOST_BYTES, Fault, Unfit


class Media(StrEnum):
    """The kinds that can be redacted."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    DOCX = "docx"

    @property
    def mime(self) -> str:
        """As HTTP says it."""
        return _MIME[self]

    @property
    def words(self) -> str:
        """As people say it."""
        return _WORDS[self]


_MIME = {
    Media.PDF: "application/pdf",
    Media.PNG: "image/png",
    Media.JPEG: "image/jpeg",
    Media.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_WORDS = {
    Media.PDF: "PDF",
    Media.PNG: "Picture",
    Media.JPEG: "Picture",
    Media.DOCX: "Word document",
}


def media_of(content: bytes) -> Media:
    """The kind of a file. Raises Unfit: too large, or of no kind that is taken.

    Only the first look: whether it holds together is found where it is opened, in a process of its own.
    """
    if len(content) > MOST_BYTES:
        raise Unfit(Fault.LARGE)
    if content.startswith(b"%PDF-"):
        return Media.PDF
    found = picture_of(content)
    if found is not None:
        return found
    if content.startswith(b"PK\x03\x04") and b"word/document.xml" in content:
        return Media.DOCX
    raise Unfit(Fault.KIND)


def picture_of(content: bytes) -> Media | None:
    """PNG or JPEG, by the first bytes."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Media.PNG
    if content.startswith(b"\xff\xd8\xff"):
        return Media.JPEG
    return None
