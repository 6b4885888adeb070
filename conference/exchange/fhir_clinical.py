"""A clinical resource as one sentence, in the class that its words call for."""

from __future__ import annotations

from collections.abc import Iterator

from conference.exchange.fhir_specs import Spec
from conference.exchange.fhir_words import Naming, checked_date, coded, concept, joined, words
from conference.exchange.found import Fault, FoundField, Malformed
from conference.exchange.sensitive import PHYSICAL, class_of
from conference.exchange.text import as_moment
from conference.exchange.tree import Node

# Statuses that turn the meaning round: they come first, so that nobody reads past them.
_TURNED = frozenset(
    {"not-done", "not-taken", "refuted", "cancelled", "noshow", "stopped", "revoked", "declined", "rejected",
     "abandoned", "on-hold", "draft", "proposed", "unknown", "inactive", "resolved"}
)  # fmt: skip
_UNSURE = frozenset({"unconfirmed", "provisional", "differential", "preliminary", "registered"})
_UNREAD = frozenset(
    {"reference", "system", "fullUrl", "url", "id", "data", "versionId", "linkId", "questionnaire"}
)


def fields(node: Node, spec: Spec, naming: Naming) -> list[FoundField]:
    """The field that this resource makes; none where it says nothing in words. Raises Malformed."""
    main_at, main = _first(node, spec.main, naming)
    if main_at is None:
        return []
    told = [_all(node, path, naming) for path in spec.plain]
    if node.type == "Observation":
        told += [_component(inner, naming) for inner in node.all("component")]
    sentence = joined([main, joined(told)], ": ")
    details = _details(node, spec, naming, said=main)
    value = f"{sentence.rstrip('.')}. {details[:1].upper()}{details[1:]}" if details else sentence
    statuses = set(_statuses(node))
    turned = sorted(statuses & _TURNED)
    if node.text("doNotPerform") == "true":
        turned.insert(0, "not to be done")
    if turned:
        value = f"{coded(', '.join(turned)).capitalize()}: {value}"
    unsure = spec.kind == "opinion" or bool(statuses & _UNSURE)
    return [field(node, spec, value, "opinion" if unsure else "fact", main_at.path)]


def field(node: Node, spec: Spec, value: str, kind: str, place: str) -> FoundField:
    """One field of a clinical resource, in its class."""
    recorded = next((at for path in spec.dates if (at := as_moment(_date(node, path)))), None)
    return FoundField(
        class_name=_class(node, spec),
        value=value,
        source=f"FHIR R4 {node.type}",
        kind="opinion" if kind == "opinion" else "fact",
        recorded_at=recorded,
        place=place,
        external_id="told",
    )


def answers(node: Node, spec: Spec, naming: Naming) -> list[FoundField]:
    """A QuestionnaireResponse as its questions and answers, in the order in which they were asked."""
    told = list(_answered(node, naming))
    return [field(node, spec, "\n".join(told), spec.kind, node.path)] if told else []


def is_in_error(node: Node) -> bool:
    """Whether the agency took this back as entered in error."""
    return "entered-in-error" in set(_statuses(node))


def is_refuted(node: Node) -> bool:
    """Whether the agency found that it is not so."""
    return "refuted" in set(_statuses(node))


def in_it(node: Node) -> Iterator[str]:
    """Everything in a resource that a reader could read; not its narrative, addresses and ids."""
    for inner in node.walk():
        if inner.value is not None and inner.name not in _UNREAD:
            yield inner.value


def _class(node: Node, spec: Spec) -> str:
    labels = [label.text("code") or "" for label in node.all("meta", "security")]
    if node.type == "Flag" and _is_safety(node):
        found = class_of(in_it(node), PHYSICAL, labels)
        return "safety.staff-alert" if found == PHYSICAL else found
    return class_of(in_it(node), spec.base, labels)


def _is_safety(node: Node) -> bool:
    codes = {coding.text("code") for coding in node.all("category", "coding")}
    return "safety" in codes or any("safety" in concept(found).lower() for found in node.all("category"))


def _statuses(node: Node) -> Iterator[str]:
    for name in ("status", "docStatus"):
        if found := node.text(name):
            yield found
    for name in ("clinicalStatus", "verificationStatus"):
        for coding in node.all(name, "coding"):
            if found := coding.text("code"):
                yield found


def _details(node: Node, spec: Spec, naming: Naming, said: str) -> str:
    parts = []
    for label, path in spec.parts:
        told = _all(node, path, naming, but=said)
        if told:
            parts.append(f"{label}: {told}")
    unusual = (status for status in _statuses(node) if status not in spec.usual | _TURNED)
    return joined([*parts, *(f"status: {coded(status)}" for status in unusual)])


def _first(node: Node, paths: tuple[str, ...], naming: Naming) -> tuple[Node | None, str]:
    for path in paths:
        for found in node.all(*path.split(".")):
            if "[x]" not in path and found.name in {"code", "type", "category"} and found.value is not None:
                raise Malformed(Fault(found.path, "a value where FHIR has an element with parts"))
            if told := words(found, naming):
                return found, told
    return None, ""


def _all(node: Node, path: str, naming: Naming, but: str = "") -> str:
    found = (words(one, naming) for one in node.all(*path.split(".")) if not _is_the_patient(one))
    return joined((told for told in found if told != but), ", ")


def _is_the_patient(node: Node) -> bool:
    return (node.text("reference") or "").startswith("Patient/") if node.value is None else False


def _component(node: Node, naming: Naming) -> str:
    values = joined(words(value, naming) for value in node.all("value[x]"))
    return joined([concept(node.one("code")), values or concept(node.one("dataAbsentReason"))], " ")


def _answered(node: Node, naming: Naming) -> Iterator[str]:
    for item in node.all("item"):
        question = words(item.one("text"), naming)
        found = [words(value, naming) for value in item.all("answer", "value[x]")]
        if any(found):
            yield f"{question}: {joined(found, ', ')}" if question else joined(found, ", ")
        yield from _answered(item, naming)
        for answer in item.all("answer"):
            yield from _answered(answer, naming)


def _date(node: Node, path: str) -> str | None:
    found: Node | None = node
    for name in path.split("."):
        found = found.one(name) if found is not None else None
    return checked_date(found)
