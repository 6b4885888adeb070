"""What an entry of the log says, in the words that people read. Source: screens, section 11."""

from __future__ import annotations

from datetime import date

from conference import clock, formats
from conference.sharing import catalogue
from conference.trail.reading import EntryItem

DISCLOSURES = ("disclosure.shown", "disclosure.spoken", "disclosure.exported")
AUDIT = "audit"

LEVELS = {"full": "In full", "summary": "Summary", "presence": "Holds information", "none": "Not shown"}

CHANNELS = {
    "screen": "Screen",
    "spoken": "Said aloud",
    "export": "Export",
    "print": "Print",
    "minutes": "Minutes",
    "letter": "Letter",
    "api": "API",
    "import": "Import",
    "matching": "Comparison with an agency's own list",
    "system": "System",
}
_BY = {
    "screen": "on screen",
    "spoken": "said aloud",
    "export": "in an export",
    "print": "in print",
    "minutes": "in minutes",
    "letter": "in a letter",
    "api": "through the API",
    "import": "for an import",
    "matching": "compared with a list of their own clients",
}

EVENTS = {
    "access.refused": "asked for something and was refused",
    "offer.changed": "changed how far something is offered",
    "offer.withdrawn": "took something off the table",
    "record.added": "added a record",
    "record.corrected": "corrected a record",
    "record.rewritten": "wrote what stays of a record about several people",
    "record.erased": "erased records",
    "file.checked": "had a file scanned and opened",
    "copy.made": "had a redacted copy made",
    "consent.recorded": "recorded a consent or a refusal",
    "consent.withdrawn": "recorded that a consent was withdrawn",
    "consent.unanswered": "recorded that somebody could not be asked, or could not decide",
    "consent.shown": "looked at the consents of a case",
    "person.unsafe": "named somebody as unsafe to tell",
    "question.asked": "asked an agency for more",
    "question.shown": "read a question",
    "question.done": "marked a question as done",
    "agreement.signed": "signed an agreement",
    "agreement.ended": "ended an agreement",
    "policy.proposed": "proposed a change of the rules",
    "policy.accepted": "accepted what a change of the rules would show",
    "policy.published": "published the rules",
    "override.recorded": "recorded an override or an exemption",
    "override.ended": "ended an override or an exemption",
    "breakglass.opened": "opened a summary in an emergency",
    "breakglass.ended": "ended their emergency access",
    "review.opened": "asked for a review",
    "review.closed": "settled a review",
    "recall.sent": "sent a notice that something is no longer shared",
    "correction.sent": "sent a notice that something was corrected",
    "recall.answered": "answered a notice",
    "wrong.reported": "reported a disclosure as wrong",
    "wrong.changed": "did or decided something about a wrong disclosure",
    "wrong.closed": "closed a report of a wrong disclosure",
    "notes.shown": "read notes about a review, a recall or a wrong disclosure",
    "recusal.declared": "stepped back from a case",
    "recusal.lifted": "ended a recusal",
    "role.changed": "changed somebody's roles",
    "agency.joined": "added an agency",
    "agency.left": "recorded that an agency left",
    "case.referred": "referred a case",
    "case.opened": "opened a case",
    "case.closed": "closed a case",
    "case.assigned": "assigned somebody to a case",
    "case.reasoned": "gave a reason before looking at a case",
    "research.changed": "said how far research is",
    "meeting.planned": "planned or changed a meeting",
    "meeting.signed": "signed a confidentiality statement",
    "meeting.joined": "joined a meeting",
    "meeting.left": "left a meeting",
    "meeting.advanced": "moved a meeting on",
    "meeting.closed": "closed a meeting",
    "action.added": "added an action",
    "action.changed": "changed an action",
    "risk.written": "wrote a risk summary",
    "note.written": "wrote a note",
    "letter.written": "drew up a letter",
    "import.done": "imported records",
    "person.searched": "searched for a person",
    "person.merged": "merged two people",
    "person.erased": "erased a person",
    "retention.set": "said how long something is kept",
    "retention.shown": "looked at which records to review",
    "hold.placed": "placed a legal hold",
    "hold.lifted": "lifted a legal hold",
    "erasure.proposed": "proposed to erase records",
    "erasure.answered": "answered a proposal to erase records",
    "key.created": "made a key",
    "key.rotated": "replaced a key",
    "key.destroyed": "destroyed old versions of a key",
    "seal.broken": "asked for something that had been changed in the database, and was not shown it",
    "key.revoked": "took a key out of use",
    "key.granted": "gave a key again",
    "statistics.shown": "saw statistics",
    "log.searched": "read or searched this log",
    "log.exported": "downloaded from this log",
    "witness.added": "registered a witness of the log",
    "witness.removed": "removed a witness of the log",
    "log.continued": "opened a new part of the log",
    "session.started": "signed in",
    "session.ended": "ended a session",
}


def did(name: str) -> str:
    """What somebody did, where it was no disclosure."""
    return EVENTS.get(name, name.replace(".", " "))


def channel(name: str) -> str:
    """`Screen`, `Said aloud`."""
    return CHANNELS.get(name, name.capitalize())


def by_channel(name: str) -> str:
    """`on screen`, in the middle of a sentence."""
    return _BY.get(name, f"by {name}")


def level(name: str) -> str:
    """`Summary`."""
    return LEVELS.get(name, name.capitalize())


def count(number: int, one: str, more: str) -> str:
    """`1 person`, `2 people`."""
    return f"{number:,} {one if number == 1 else more}"


def listed(names: list[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def period(since: date, until: date) -> str:
    """`From 1 to 14 November`; with the years where either is not this one."""
    is_now = since.year == until.year == clock.today().year
    last = f"{until.day} {until:%B}" if is_now else formats.day(until)
    if since == until:
        return f"On {last}"
    if (since.year, since.month) == (until.year, until.month):
        return f"From {since.day} to {last}"
    first = formats.day(since) if since.year != until.year else f"{since.day} {since:%B}"
    return f"From {first} to {last}"


def purpose(name: str | None) -> str:
    """`to prevent serious harm`."""
    return catalogue.PURPOSES.get(name or "", "for the purpose of this conference")


def allowed(item: EntryItem, *, owner: str, reader: str, is_own: bool, for_: str | None) -> str:
    """Why an item was shown. owner, reader: names of agencies.   is_own: whether they are the same."""
    label = _INSIDE.get(item.class_name) or _inside(catalogue.label(item.class_name))
    if item.mark == "outside-policy":
        return f"The rules did not allow {reader} this. It was said all the same, and asks for a review."
    if is_own:
        return f"{owner} may see its own records: {label}."
    what = {
        "full": f"show {reader} {label} in full",
        "summary": f"show {reader} a summary of {label}",
        "presence": f"tell {reader} that it holds information, {label}",
    }.get(item.level, f"show {reader} nothing of {label}")
    right = by_right(item)
    return f"{owner} may {what}, {purpose(for_)}." + (f" {right}" if right else "")


def by_right(item: EntryItem) -> str:
    """`Public task; CDA 1998 s115; dsa-1; r-010`."""
    parts = (
        catalogue.BASES.get(item.basis or "", item.basis),
        item.condition,
        item.power,
        item.agreement,
        item.rule,
        f"consent {item.consent}" if item.consent else None,
        f"override {item.override}" if item.override else None,
    )
    return "; ".join(part for part in parts if part)


_INSIDE = {
    "identity.name": "the name",
    "identity.alias": "other names",
    "identity.dob": "the date of birth",
    "contact.phone": "the phone number",
    "contact.current-address": "the address",
    "immigration": "immigration status",
}


def _inside(label: str) -> str:
    """A label in the middle of a sentence; `NHS number` stays as it is."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]
