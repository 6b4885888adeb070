"""Reading the rules of a policy."""

from consent.model import Effect, Level, Need, Rule
from consent.place import Place
from consent.read_terms import Known
from consent.record import Record

_OPTIONAL = (
    "level",
    "classes",
    "owners",
    "recipients",
    "purposes",
    "subjects",
    "basis",
    "condition",
    "power",
    "consent",
    "approvals",
    "from",
    "until",
)
_NEEDED = {
    Effect.PERMIT: ("level", "basis", "consent"),
    Effect.LIMIT: ("level",),
    Effect.FORBID: (),
}
_BARRED = {
    Effect.PERMIT: (),
    Effect.LIMIT: ("basis", "consent", "approvals"),
    Effect.FORBID: ("basis", "consent", "approvals", "level"),
}


def read_rules(places: list[Place], known: Known, taken: set[str]) -> tuple[Rule, ...]:
    """The rules. taken: the ids that others have already; grows."""
    return tuple(_rule(Record.read(place, ("id", "effect"), _OPTIONAL), known, taken) for place in places)


def _rule(record: Record, known: Known, taken: set[str]) -> Rule:
    owners = _filter(record, "owners", ("kinds", "agencies"))
    recipients = _filter(record, "recipients", ("kinds", "agencies", "roles"))
    rule = Rule(
        id=record.fresh("id", taken),
        effect=record.one_of("effect", {effect.value: effect for effect in Effect}) or Effect.FORBID,
        level=record.level("level"),
        classes=record.names_or_none("classes", "class", known.classes),
        owner_kinds=owners.words_or_none("kinds"),
        owner_agencies=owners.names_or_none("agencies", "agency", known.agencies),
        recipient_kinds=recipients.words_or_none("kinds"),
        recipient_agencies=recipients.names_or_none("agencies", "agency", known.agencies),
        roles=recipients.words_or_none("roles"),
        purposes=record.names_or_none("purposes", "purpose", known.purposes),
        subjects=record.words_or_none("subjects"),
        basis=record.known("basis", "basis", known.bases),
        condition=record.word_or_none("condition"),
        power=record.word_or_none("power"),
        need=record.one_of("consent", {need.value: need for need in Need}),
        approvals=record.entries["approvals"].count() if record.has("approvals") else 0,
        interval=record.interval(),
    )
    _check_effect(record, rule)
    return rule


def _filter(record: Record, key: str, keys: tuple[str, ...]) -> Record:
    """What `key` restricts; nothing if it is left out."""
    if not record.has(key):
        return Record(record.place, {})
    return Record.read(record.entries[key], (), keys)


def _check_effect(record: Record, rule: Rule) -> None:
    """Each effect has the keys that it needs and none that mean nothing to it."""
    if not record.has("effect") or record.entries["effect"].value != rule.effect:
        return
    for key in _NEEDED[rule.effect]:
        if not record.has(key):
            record.fault(key, f"missing: a {rule.effect} needs it")
    for key in _BARRED[rule.effect]:
        if record.has(key):
            record.fault(key, f"a {rule.effect} has none")
    if (
        rule.effect is Effect.PERMIT
        and record.has("level")
        and record.entries["level"].value == Level.NONE.word
    ):
        record.fault("level", "a permit's level is above none")
