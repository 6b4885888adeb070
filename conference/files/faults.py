"""What can be wrong with a file, and what to do about it in plain words."""

from __future__ import annotations

from enum import StrEnum

MOST_MEGABYTES = 20
MOST_BYTES = MOST_MEGABYTES * 1_000_000
MOST_PAGES = 30
MOST_PIXELS = 60_000_000


class Fault(StrEnum):
    """Why a file is not taken, or a copy of it not made."""

    KIND = "kind"
    LARGE = "large"
    PAGES = "pages"
    PIXELS = "pixels"
    LOCKED = "locked"
    BROKEN = "broken"
    BOMB = "bomb"
    ACTIVE = "active"
    VIRUS = "virus"
    SLOW = "slow"
    NO_OFFICE = "no-office"
    NO_READER = "no-reader"
    SURVIVES = "survives"
    GONE = "gone"

    @property
    def words(self) -> str:
        """What happened, and what to do."""
        return _WORDS[self]


class Unfit(Exception):
    """A file cannot be used. page: counted from 1, where it is about one."""

    def __init__(self, fault: Fault, page: int | None = None) -> None:
        super().__init__(f"unfit: {fault.value}")
        self.fault = fault
        self.page = page


_WORDS = {
    Fault.KIND: (
        "This is not a PDF, a Word document (DOCX) or a PNG or JPEG picture. Save it as one of these and "
        "add it again."
    ),
    Fault.LARGE: f"The file is larger than {MOST_MEGABYTES} MB. Split it, or save it with smaller pictures.",
    Fault.PAGES: f"The file has more than {MOST_PAGES} pages. Split it and add the parts.",
    Fault.PIXELS: "The picture is too large. Save it with fewer pixels and add it again.",
    Fault.LOCKED: "The PDF has a password. Save it without one and add it again.",
    Fault.BROKEN: "The file cannot be read. Save it again with the program that made it, and add that.",
    Fault.BOMB: "The file unpacks to far more than a document holds. It was not opened.",
    Fault.ACTIVE: (
        "The document has macros, or fetches something from elsewhere. Save it as a PDF and add that instead."
    ),
    Fault.VIRUS: "The virus check found something in this file. It was deleted. Tell your IT security team.",
    Fault.SLOW: "The file took too long to read. Split it, or save it as a simpler PDF.",
    Fault.NO_OFFICE: (
        "Word documents cannot be read on this server: LibreOffice is not installed there. Save the document "
        "as a PDF and add that instead."
    ),
    Fault.NO_READER: (
        "The copy could not be checked: tesseract, which reads pictures, is not installed on the server. "
        "Nothing was shared. Ask whoever looks after Conference to install it."
    ),
    Fault.SURVIVES: "A word that you want removed can still be read. Mark its place and make the copy again.",
    Fault.GONE: "The file can no longer be opened.",
}
