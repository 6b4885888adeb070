"""What is stored about reviews. What an officer writes is sealed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership
from conference.vault.rows import RowSealed


class ReviewKind(StrEnum):
    """What asks for a look."""

    BREAK_GLASS = "break-glass"
    OVERRIDE = "override"
    WITHDRAWAL = "withdrawal"
    OUTSIDE_POLICY = "outside-policy"
    WRONG_DISCLOSURE = "wrong-disclosure"

    @property
    def words(self) -> str:
        """What is looked at, as people read it."""
        return _WORDS[self]


_WORDS = {
    ReviewKind.BREAK_GLASS: "Emergency access",
    ReviewKind.OVERRIDE: "Sharing by override",
    ReviewKind.WITHDRAWAL: "Sharing after a consent was withdrawn",
    ReviewKind.OUTSIDE_POLICY: "Something said that the rules do not allow",
    ReviewKind.WRONG_DISCLOSURE: "Wrong disclosure",
}

_USUAL = {
    "justified": "It was justified",
    "incident": "It was not justified. I have reported it as an incident",
}
OUTCOMES = {
    ReviewKind.BREAK_GLASS: _USUAL,
    ReviewKind.OVERRIDE: _USUAL,
    ReviewKind.OUTSIDE_POLICY: _USUAL,
    ReviewKind.WITHDRAWAL: {
        "goes-on": "The sharing goes on, on another basis",
        "ends": "The sharing ends. The agencies have been told",
    },
    ReviewKind.WRONG_DISCLOSURE: {"done": "Everything that had to be done is done"},
}
"""What each kind of review can come to, and in which words."""


class Review(RowSealed, OfPartnership, Base):
    """One look that somebody must take. Open until it is closed with an outcome.

    agency_id: whose information governance officers close it; a withdrawal's is closed by the chair or the
               IDVA of the case.
    about:     the random id of the decision, consent, event or report.
    due:       the last moment at which it is in time.
    note:      what whoever closed it wrote, sealed for `closed_for`, their agency.
    """

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_with_an_outcome"),
    )
    SEALED = (
        *("id", "kind", "agency_id", "about", "case_id", "opened_at", "due"),
        *("closed_at", "closed_by", "closed_for", "outcome"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"), index=True)
    about: Mapped[str] = mapped_column(String(44))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("case.id"), index=True)
    opened_at: Mapped[datetime]
    due: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    closed_for: Mapped[str | None]
    outcome: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[bytes | None] = mapped_column(LargeBinary)

    def is_late(self, at: datetime) -> bool:
        """Whether it should have been closed by `at` and is not."""
        return self.closed_at is None and self.due < at
