"""Reading what professionals decided and signed: overrides, exemptions, break-glass."""

from consent.model import LONGEST_BREAK_GLASS, Approver, Kind, Level, Signed
from consent.place import Place
from consent.read_terms import Known
from consent.record import Record

_REQUIRED = (
    "id",
    "kind",
    "person",
    "owner",
    "recipients",
    "purposes",
    "classes",
    "level",
    "reason",
    "requested_by",
    "from",
    "until",
)
_KINDS = {kind.value: kind for kind in Kind}


def read_signed(places: list[Place], known: Known, taken: set[str]) -> tuple[Signed, ...]:
    """The signed decisions. taken: the ids that others have already; grows."""
    return tuple(
        _signed(Record.read(place, _REQUIRED, ("lock", "approved_by")), known, taken) for place in places
    )


def _signed(record: Record, known: Known, taken: set[str]) -> Signed:
    kind = record.one_of("kind", _KINDS)
    signed = Signed(
        id=record.fresh("id", taken),
        kind=kind or Kind.OVERRIDE,
        person=record.word("person"),
        owner=record.known("owner", "agency", known.agencies) or "",
        recipients=record.names("recipients", "agency", known.agencies),
        purposes=record.names("purposes", "purpose", known.purposes),
        classes=record.names("classes", "class", known.classes),
        level=record.level("level"),
        reason=record.word("reason"),
        requested_by=record.word("requested_by"),
        approved_by=_approvers(record, known),
        lock=record.known("lock", "lock", known.locks),
        interval=record.interval(),
    )
    if record.has("level") and record.entries["level"].value == Level.NONE.word:
        record.fault("level", "must be above none")
    if kind is Kind.BREAK_GLASS:
        _check_break_glass(record, signed)
    if kind is Kind.EXEMPTION and not record.has("lock"):
        record.fault("lock", "missing: an exemption names the lock that it lifts")
    if kind in (Kind.OVERRIDE, Kind.BREAK_GLASS) and record.has("lock"):
        record.fault("lock", "only an exemption has one")
    return signed


def _check_break_glass(record: Record, signed: Signed) -> None:
    interval = signed.interval
    if signed.approved_by:
        record.fault("approved_by", "a break-glass has no approver")
    if signed.level > Level.SUMMARY:
        record.fault("level", "a break-glass gives at most summary")
    if interval.start and interval.end and interval.end - interval.start > LONGEST_BREAK_GLASS:
        record.fault("until", "a break-glass lasts at most 60 minutes")


def _approvers(record: Record, known: Known) -> tuple[Approver, ...]:
    if not record.has("approved_by"):
        return ()
    places = record.entries["approved_by"].items(may_be_empty=True) or []
    return tuple(_approver(Record.read(place, ("staff", "agency", "at")), known) for place in places)


def _approver(record: Record, known: Known) -> Approver:
    return Approver(
        staff=record.word("staff"),
        agency=record.known("agency", "agency", known.agencies) or "",
        at=record.moment("at"),
    )
