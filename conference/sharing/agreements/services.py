"""Enter an agreement, change it while nobody has signed, sign it for one's agency, end it early."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from conference.clock import LONDON
from conference.errors import BadInput, Conflict, NotFound, Refused
from conference.identity.services import Viewer, list_agencies
from conference.ids import new_id
from conference.inputs import hold
from conference.permissions import Permission
from conference.sharing.agreements.models import Agreement, AgreementSignature
from conference.sharing.agreements.readiness import standings
from conference.sharing.agreements.register import SIGNED, Registered, covered, find, installed, registered
from conference.sharing.agreements.settling import settle
from conference.sharing.agreements.terms import ASKED, Terms, check
from conference.sharing.changes import Line, changes
from conference.sharing.versions import newest, parsed, with_agreements
from conference.trail import writing

REVIEW_SOON = timedelta(days=30)


def must_govern(viewer: Viewer) -> None:
    """Raises Refused unless they are an information governance officer."""
    if not viewer.may(Permission.GOVERNANCE):
        raise Refused("role")


def add(session: Session, viewer: Viewer, terms: Terms, *, at: datetime) -> Agreement:
    """Enter an agreement in the register; it does nothing until parties sign. Raises BadInput."""
    must_govern(viewer)
    hold(session, viewer.partnership_id)
    _check(session, viewer, terms, at)
    row = Agreement(
        id=new_id("agr"),
        partnership_id=viewer.partnership_id,
        name=_free_name(session, viewer.partnership_id),
        document=terms.written(),
        created_at=at,
        created_by=viewer.staff_id,
        created_for=viewer.agency_id,
    )
    session.add(row)
    session.flush()
    return row


def change(session: Session, viewer: Viewer, agreement_id: str, terms: Terms, *, at: datetime) -> None:
    """Other words, while nobody has signed these. Raises BadInput, Conflict, NotFound."""
    must_govern(viewer)
    hold(session, viewer.partnership_id)
    one = find(session, viewer.partnership_id, agreement_id)
    if one.is_ended or one.signatures:
        raise Conflict("agreement: signed or ended")
    if viewer.agency_id != one.row.created_for:
        raise Refused("another-agency")
    _check(session, viewer, terms, at)
    one.row.document = terms.written()
    session.flush()


def sign(session: Session, viewer: Viewer, agreement_id: str, *, seen: str, at: datetime) -> None:
    """Sign for one's own agency. It takes part from now on if it is ready.

    seen: the mark of what was on the page (`to_sign`): other words, or other rules since, are not signed.
    Raises Conflict, NotFound, Refused.
    """
    must_govern(viewer)
    hold(session, viewer.partnership_id)
    one = find(session, viewer.partnership_id, agreement_id)
    offer = to_sign(session, viewer, one, at)
    if offer is None:
        raise Conflict("agreement: not to be signed by this agency")
    if seen != offer.mark:
        raise BadInput("The agreement or the rules have changed. Read this again before you sign.", "seen")
    signature = AgreementSignature(
        id=new_id("sig"),
        partnership_id=viewer.partnership_id,
        agreement_id=one.row.id,
        agency_id=viewer.agency_id,
        staff_id=viewer.staff_id,
        content=one.row.document_hash,
        signed_at=at,
    )
    session.add(signature)
    session.flush()
    _log(session, "agreement.signed", viewer, one.terms.parties, one.row.name)
    settle(session, viewer.partnership_id, at, actor=viewer.staff_id, agency=viewer.agency_id)


def end(session: Session, viewer: Viewer, agreement_id: str, *, why: str, at: datetime) -> None:
    """A party ends it before its time: nothing rests on it any more. Raises BadInput, Conflict, NotFound."""
    must_govern(viewer)
    hold(session, viewer.partnership_id)
    one = find(session, viewer.partnership_id, agreement_id)
    if one.is_ended:
        raise Conflict("agreement: ended already")
    if viewer.agency_id not in {*one.terms.parties, one.row.created_for}:
        raise Refused("another-agency")
    _end(session, viewer, one.row, one.terms.parties, why, at)


def end_installed(session: Session, viewer: Viewer, name: str, *, why: str, at: datetime) -> Agreement:
    """End an agreement that came with the installation. It enters the register, as ended."""
    must_govern(viewer)
    hold(session, viewer.partnership_id)
    found = [one for one in from_installation(session, viewer, at) if one["id"] == name]
    if not found or viewer.agency_id not in found[0]["parties"]:
        raise NotFound(f"agreement {name}")
    terms = _of_installation(found[0])
    row = Agreement(
        id=new_id("agr"),
        partnership_id=viewer.partnership_id,
        name=name,
        document=terms.written(),
        created_at=at,
        created_by="installer",
        created_for=viewer.agency_id,
    )
    session.add(row)
    _end(session, viewer, row, terms.parties, why, at)
    return row


def _end(
    session: Session, viewer: Viewer, row: Agreement, parties: Iterable[str], why: str, at: datetime
) -> None:
    if not why.strip():
        raise BadInput("Say why it ends.", "why")
    row.ended_at, row.ended_by, row.ended_why = at, viewer.staff_id, why.strip()
    session.flush()
    _log(session, "agreement.ended", viewer, parties, row.name)
    settle(session, viewer.partnership_id, at, actor=viewer.staff_id, agency=viewer.agency_id)


def _of_installation(one: dict[str, Any]) -> Terms:
    outside = dict.fromkeys(ASKED, "Kept outside Conference: this agreement came with the installation.")
    starts, ends = (parsed(one[key]).astimezone(LONDON).date() for key in ("from", "until"))
    return Terms(
        title=f"Agreement {one['id']}",
        parties=tuple(sorted(party for party in one["parties"] if party != "conference")),
        purposes=tuple(one["purposes"]),
        classes=tuple(one["classes"]),
        starts=starts,
        ends=ends,
        review_on=ends,
        answers=outside,
    )


def _check(session: Session, viewer: Viewer, terms: Terms, at: datetime) -> None:
    """Raises BadInput for what is missing, and for what the policy in force does not know."""
    said = json.loads(newest(session, viewer.partnership_id, at).document)
    agencies = {agency.id for agency in list_agencies(session, viewer.partnership_id)}
    check(terms, agencies & set(said["agencies"]))
    if not covered(terms, said):
        raise BadInput("Choose purposes and kinds of information that the policy knows.", "classes")


def _free_name(session: Session, partnership_id: str) -> str:
    """`signed-2`: what no agreement of the register is called."""
    taken = {one.row.name for one in registered(session, partnership_id)}
    return next(name for number in range(1, len(taken) + 2) if (name := f"{SIGNED}{number}") not in taken)


def _log(session: Session, name: str, viewer: Viewer, parties: Iterable[str], mark: str) -> None:
    writing.record(
        session,
        name,
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        mark=mark,
        concerns=tuple(sorted({*parties, viewer.agency_id})),
    )


# --- reading ------------------------------------------------------------------------------------------------


def from_installation(session: Session, viewer: Viewer, at: datetime) -> list[dict[str, Any]]:
    """The agreements of the policy in force that came with the installation, as the policy has them."""
    known = registered(session, viewer.partnership_id)
    return installed(newest(session, viewer.partnership_id, at).document, known)


@dataclass(frozen=True, slots=True)
class ToSign:
    """What an officer would sign: exactly these words, while exactly these rules are in force."""

    mark: str


def to_sign(session: Session, viewer: Viewer, one: Registered, at: datetime) -> ToSign | None:
    """What this officer would sign; None where their agency is no party, has signed, or it is over."""
    own = viewer.agency_id
    over = one.is_ended or one.terms.ends_at <= at
    if over or own not in one.terms.parties or own in one.signatures:
        return None
    current = newest(session, viewer.partnership_id, at)
    plain = f"{one.row.id} {one.row.document_hash} {current.sha256} {own}"
    return ToSign(hashlib.sha256(plain.encode("ascii")).hexdigest())


def opens(session: Session, viewer: Viewer, one: Registered, at: datetime) -> tuple[Line, ...]:
    """What the other parties would be shown of this officer's agency, once all have signed and are ready."""
    current = newest(session, viewer.partnership_id, at).document
    said, own = json.loads(current), viewer.agency_id
    if not covered(one.terms, said) or own not in said["agencies"]:
        return ()
    others = (party for party in one.terms.parties if party != own and party in said["agencies"])
    pairs = [one.terms.in_policy(f"to-sign {party}", (own, party)) for party in others]
    with_them = with_agreements(current, [*said["agreements"], *pairs])
    return changes(current, with_them, at).gains_for(own)


@dataclass(frozen=True, slots=True)
class Reminder:
    """An agreement of the officer's agency that has to be reviewed."""

    agreement_id: str
    title: str
    review_on: date
    is_overdue: bool


def reminders(session: Session, viewer: Viewer, today: date) -> list[Reminder]:
    """What is due for review within 30 days, or overdue, by date."""
    due = [
        Reminder(one.row.id, one.terms.title, one.terms.review_on, one.terms.review_on < today)
        for one in registered(session, viewer.partnership_id)
        if viewer.agency_id in one.terms.parties
        and one.signatures
        and not one.is_ended
        and one.terms.ends > today
        and one.terms.review_on <= today + REVIEW_SOON
    ]
    return sorted(due, key=lambda one: (one.review_on, one.title))


@dataclass(frozen=True, slots=True)
class Missing:
    """What one party still lacks; all three false: it takes part."""

    agency_id: str
    agency_name: str
    signature: bool
    users: bool
    training: bool

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing."""
        return not (self.signature or self.users or self.training)


def missing(session: Session, viewer: Viewer, one: Registered, at: datetime) -> list[Missing]:
    """For each party, in the agencies' order, what is missing before it takes part."""
    return [
        Missing(
            agency_id=agency_id,
            agency_name=standing.agency_name,
            signature=agency_id not in one.signatures,
            users=not standing.has_users,
            training=standing.has_users and not standing.is_trained(at),
        )
        for agency_id, standing in standings(session, viewer.partnership_id).items()
        if agency_id in one.terms.parties
    ]


def copied(terms: Terms) -> Terms:
    """The same words for a new agreement that follows this one: from its end, for as long."""
    length = terms.ends - terms.starts
    ends = terms.ends + length
    return replace(terms, starts=terms.ends, ends=ends, review_on=terms.review_on + length)
