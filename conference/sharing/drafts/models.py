"""Drafts of rules, and what information governance officers accepted of them, as stored.

Nothing is decided by a draft. What it takes to publish one rests on these rows, so they are sealed.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from conference.db import Base, OfPartnership
from conference.vault.rows import RowSealed


class DraftState(StrEnum):
    """Where a draft stands."""

    OPEN = "open"
    SENT = "sent"
    PUBLISHED = "published"
    DROPPED = "dropped"


class RuleDraft(RowSealed, OfPartnership, Base):
    """Rules that somebody would like to have.

    document:  classes, purposes, bases, locks and rules, as a policy writes them; no agency, no agreement.
    base_id, base_hash: the version that it was made from, and the hash of that version's same part.
    """

    __tablename__ = "rule_draft"
    SEALED = (
        *("id", "why", "state", "author", "author_agency", "created_at", "base_id", "base_hash"),
        *("document_hash", "sent_at", "closed_at", "closed_by", "version_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    why: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    author: Mapped[str]
    author_agency: Mapped[str]
    created_at: Mapped[datetime]
    base_id: Mapped[str] = mapped_column(ForeignKey("policy_version.id"))
    base_hash: Mapped[str]
    document: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    version_id: Mapped[str | None] = mapped_column(ForeignKey("policy_version.id"))

    @property
    def document_hash(self) -> str:
        """The document as its seal covers it, and as acceptances are bound to it."""
        return hashlib.sha256(self.document.encode("utf-8")).hexdigest()


class RuleAcceptance(RowSealed, OfPartnership, Base):
    """An agency's officer accepted all that a draft would show more of their agency's information.

    binding: a hash over the draft's content and exactly the gains that were listed to them.
    """

    __tablename__ = "rule_acceptance"
    __table_args__ = (UniqueConstraint("draft_id", "agency_id", "binding"),)
    SEALED = ("id", "draft_id", "agency_id", "staff_id", "binding", "accepted_at")

    id: Mapped[str] = mapped_column(primary_key=True)
    draft_id: Mapped[str] = mapped_column(ForeignKey("rule_draft.id"), index=True)
    agency_id: Mapped[str] = mapped_column(ForeignKey("agency.id"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    binding: Mapped[str]
    accepted_at: Mapped[datetime]
