"""One entry of the log: what it says, why it was allowed, and whether it stands in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from conference.cases.services import exclusions_of
from conference.errors import NotFound
from conference.governance import words
from conference.governance.directory import Directory, directory, people_named
from conference.governance.witnesses import by_whom
from conference.identity.services import Viewer
from conference.sharing import catalogue
from conference.trail import proving, writing
from conference.trail.proving import Verification
from conference.trail.reading import Entry, EntryItem, event_for


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one item was shown."""

    label: str
    level: str
    owner: str
    about: str | None
    sentence: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """What an officer reads of one entry. place: in the log, counted from 1; None while it has none."""

    id: str
    title: str
    sentence: str | None
    reasons: list[Reason]
    erased: int
    facts: list[tuple[str, str]]
    at: datetime
    is_broken: bool
    place: int | None
    witnessed_by: int
    checked: list[str]
    is_disclosure: bool


def entry_page(session: Session, viewer: Viewer, event_id: str) -> EntryPage:
    """The entry, checked just now. The reading is logged. Raises NotFound unless it is (partly) theirs."""
    entry = _find(session, viewer, event_id)
    checked = proving.verify_now(session, viewer.partnership_id, viewer.agency_id, event_id)
    more = [entry.on_behalf_of] if entry.on_behalf_of else []
    names = directory(session, viewer, [entry], more)
    people = people_named(session, viewer, {entry.case} if entry.case else set())
    _log(session, viewer, "log.searched", entry, "read")
    return EntryPage(
        id=entry.id,
        title=_title(entry),
        sentence=None if entry.fault else _sentence(viewer, entry, names, people),
        reasons=[_reason(item, entry, names, people) for item in entry.items if item is not None],
        erased=entry.items.count(None),
        facts=[] if entry.fault else _facts(entry, names),
        at=entry.at,
        is_broken=entry.fault is not None or checked.failure is not None,
        place=None if checked.index is None else checked.index + 1,
        witnessed_by=0 if checked.witnessed is None else len(checked.witnessed.agencies),
        checked=_checked(checked, names),
        is_disclosure=entry.name in words.DISCLOSURES,
    )


def _checked(found: Verification, names: Directory) -> list[str]:
    """What was found to hold just now, in sentences."""
    said = [_HOLDS[one] for one in found.checked]
    if found.size is not None:
        said.append(f"That checkpoint is of {words.count(found.size, 'entry', 'entries')}.")
    if found.epoch is not None and found.epoch > 1:
        said.append(f"The log had lost its end before, and goes on under the name of epoch {found.epoch}.")
    if found.witnessed is not None:
        said.append(f"Cosigned it: the witnesses of {by_whom(found.witnessed, names.agencies)}.")
    elif found.size is not None:
        said.append("No witness has cosigned a checkpoint with this entry yet.")
    return said


_HOLDS = dict(
    zip(
        proving.CHECKED,
        (
            "Your agency's part of the entry opens with your agency's key.",
            "Its items are those that were logged.",
            "The entry commits to this part.",
            "The entry stands at its place under the root of the checkpoint.",
            "The log's key signed the checkpoint.",
        ),
        strict=True,
    )
)


def proof(session: Session, viewer: Viewer, event_id: str) -> bytes:
    """The entry's `.tlog-proof`; the download is logged. Raises NotFound, NotPlacedYet."""
    return _download(session, viewer, event_id)[0]


def leaf(session: Session, viewer: Viewer, event_id: str) -> bytes:
    """The entry's leaf as it stands in the log; the download is logged. Raises NotFound, NotPlacedYet."""
    return _download(session, viewer, event_id)[1]


def title(session: Session, viewer: Viewer, event_id: str) -> tuple[str, int | None]:
    """What the entry is called, and the epoch of the log in which it has its place; None while it has none.

    Raises NotFound unless it is (partly) theirs.
    """
    found = _find(session, viewer, event_id)
    if found.index is None:
        return _title(found), None
    return _title(found), proving.epoch_of_proof(session, viewer.partnership_id, event_id)


def _download(session: Session, viewer: Viewer, event_id: str) -> tuple[bytes, bytes]:
    entry = _find(session, viewer, event_id)
    made = proving.proof_for(session, viewer.partnership_id, event_id)
    _log(session, viewer, "log.exported", entry, "proof")
    return made


def _find(session: Session, viewer: Viewer, event_id: str) -> Entry:
    kept_out = exclusions_of(session, viewer.staff_id)
    entry = event_for(session, viewer.partnership_id, viewer.agency_id, event_id)
    if entry.case in kept_out:
        raise NotFound(f"event {event_id}")
    return entry


def _log(session: Session, viewer: Viewer, name: str, entry: Entry, why: str) -> None:
    writing.record(
        session,
        name,
        partnership=viewer.partnership_id,
        actor=viewer.staff_id,
        agency=viewer.agency_id,
        case=entry.case,
        channel="screen" if name == "log.searched" else "export",
        about=(entry.id,),
        mark=why,
    )


# --- in words -----------------------------------------------------------------------------------------------


def _title(entry: Entry) -> str:
    """`Disclosure K7QX-2MFD`."""
    kind = "Disclosure" if entry.name in words.DISCLOSURES else "Entry"
    return f"{kind} {entry.code[:9]}" if entry.code else f"{kind} of the log"


def _sentence(viewer: Viewer, entry: Entry, names: Directory, people: dict[str, str]) -> str:
    if entry.name not in words.DISCLOSURES:
        case = names.references.get(entry.case or "")
        return f"{names.who(entry)}, {words.did(entry.name)}" + (f", {case}" if case else "")
    about = _about(entry, names, people)
    ending = f" about {about}, {words.by_channel(entry.channel)}" if about else ""
    verb = "said" if entry.channel == "spoken" else "was shown"
    return f"{names.who(entry)}, {verb} {_how_many(viewer, entry)}{ending}"


def _how_many(viewer: Viewer, entry: Entry) -> str:
    yours = sum(item is None or item.owner == viewer.agency_id for item in entry.items)
    total = len(entry.items)
    if not entry.own or yours == total:
        return f"{words.count(total, 'item', 'items')} of yours" if total else "nothing"
    return f"{words.count(total, 'item', 'items')}, {yours or 'none'} of them yours,"


def _about(entry: Entry, names: Directory, people: dict[str, str]) -> str | None:
    """The names of those whom items are about, where the agency holds them all; else the case's reference."""
    subjects = {who for item in entry.items if item is not None for who in item.subjects}
    if subjects and subjects <= people.keys():
        return words.listed(sorted({people[who] for who in subjects}))
    return names.references.get(entry.case or "")


def _reason(item: EntryItem, entry: Entry, names: Directory, people: dict[str, str]) -> Reason:
    known = sorted({people[who] for who in item.subjects if who in people})
    return Reason(
        label=catalogue.label(item.class_name),
        level=words.level(item.level),
        owner=names.agency(item.owner),
        about=words.listed(known) if known else None,
        sentence=words.allowed(
            item,
            owner=names.agency(item.owner),
            reader=names.agency(entry.agency),
            is_own=item.owner == entry.agency,
            for_=entry.purpose,
        ),
    )


def _facts(entry: Entry, names: Directory) -> list[tuple[str, str]]:
    """The rest of what the entry says, as (heading, words)."""
    behalf = entry.on_behalf_of
    pairs = (
        ("Receipt", entry.code),
        ("Case", names.references.get(entry.case or "")),
        ("Channel", words.channel(entry.channel)),
        ("Purpose", catalogue.PURPOSES.get(entry.purpose or "", entry.purpose)),
        ("On behalf of", names.staff.get(behalf, names.agency(behalf)) if behalf else None),
        ("Note", entry.note),
        ("Mark", entry.mark),
        ("Rules in force", entry.policy),
        ("Entry", entry.id),
    )
    return [(heading, said) for heading, said in pairs if said]
