"""Patient and RelatedPerson: who somebody is, where they live, how to reach them.

An address is the most dangerous thing in here: whatever might be a place of safety goes to the class that
only its named readers see. So does a former name or a recorded sex where it could betray a change of gender.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from conference import clock
from conference.exchange import fhir_words
from conference.exchange.fhir_library import is_nhs_number
from conference.exchange.fhir_words import Naming, concept, concepts, joined
from conference.exchange.found import Fault, FoundField, Malformed
from conference.exchange.text import as_moment, in_words, is_past, real_date, tidy
from conference.exchange.tree import Node
from conference.vault.index import valid_nhs_number

_FORMER = frozenset({"old", "maiden"})
_RESTRICTED = frozenset({"R", "V", "S", "REDACTED"})
_COMPLEX = ("name", "telecom", "address", "identifier", "contact", "communication", "maritalStatus")
_PRIMITIVE = ("birthDate", "gender", "deceasedBoolean", "deceasedDateTime")
_EQUALITY = (("EthnicCategory", "equality.ethnicity"), ("religion", "equality.religion"))
_SEXES = {"male": "Male", "female": "Female", "other": "Other", "unknown": "Not known"}


class PersonReader:
    """Reads one Patient. `notes` says what was left out, and why."""

    def __init__(self, node: Node, naming: Naming) -> None:
        self.node = node
        self.naming = naming
        self.notes: list[str] = []
        self._recorded = as_moment(node.text("meta", "lastUpdated"))
        labels = {label.text("code") for label in node.all("meta", "security")}
        self._restricted = bool(labels & _RESTRICTED)
        self._guarded = _gender_may_have_changed(node)

    def fields(self) -> list[FoundField]:
        """Every field of the patient. Raises Malformed with all that is wrong."""
        check_shape(self.node)
        made = [*self._names(), *self._born(), *self._numbers(), *self._addresses(), *self._telecom()]
        return [*made, *self._needs(), *self._others(), *self._equality(), *self._death()]

    def _make(
        self, class_name: str, value: str, node: Node, kind: Literal["fact", "opinion"] = "fact"
    ) -> FoundField:
        where = node.path.partition(".")[2]
        return FoundField(class_name, value, "FHIR R4 Patient", kind, self._recorded, node.path, where)

    def _names(self) -> Iterator[FoundField]:
        named = [node for node in self.node.all("name") if fhir_words.name(node)]
        current = [
            node for node in named if node.text("use") not in _FORMER | {"nickname", "anonymous", "temp"}
        ]
        current = [node for node in current if not is_past(node.text("period", "end"))]
        rank = {"official": 0, "usual": 1}
        current.sort(key=lambda node: rank.get(node.text("use") or "", 2))
        for node in named:
            value = fhir_words.name(node)
            if current and node is current[0]:
                yield self._make("identity.name", value, node)
            elif self._guarded:
                yield self._make("health.gender-recognition", f"Another name: {value}", node)
            else:
                yield self._make("identity.alias", value, node)

    def _born(self) -> Iterator[FoundField]:
        node = self.node.one("birthDate")
        if node is None or node.value is None:
            return
        if in_words(node.value) is None or "T" in node.value:
            raise Malformed(Fault(node.path, "not a real date"))
        if node.value > clock.today().isoformat():
            raise Malformed(Fault(node.path, "a date in the future"))
        whole = real_date(node.value) is not None
        yield self._make(
            "identity.dob", node.value if whole else f"{in_words(node.value)} (day not known)", node
        )

    def _numbers(self) -> Iterator[FoundField]:
        for node in self.node.all("identifier"):
            if not is_nhs_number(node) or not node.text("value"):
                continue
            digits = "".join(sign for sign in node.text("value") or "" if sign.isdigit())
            if not valid_nhs_number(node.text("value") or ""):
                self.notes.append(f"{node.path} left out: the check digit of this NHS number is wrong")
            elif node.text("use") == "old" or is_past(node.text("period", "end")):
                self.notes.append(f"{node.path} left out: an NHS number no longer in use")
            else:
                status = node.extension("NHSNumberVerificationStatus")
                codes = {
                    c.text("code")
                    for v in (status.all("value[x]") if status else [])
                    for c in v.all("coding")
                }
                if codes and not codes & {"01", "number-present-and-verified"}:
                    self.notes.append(f"{node.path}: this NHS number is not verified")
                    yield self._make(
                        "identity.reference", f"NHS number, not verified: {digits}", node, "opinion"
                    )
                else:
                    yield self._make("identity.nhs-number", digits, node)

    def _addresses(self) -> Iterator[FoundField]:
        for node in self.node.all("address"):
            value = fhir_words.address(node)
            use = node.text("use")
            if not value:
                continue
            over = use == "old" or is_past(node.text("period", "end"))
            since = fhir_words.words(node.one("period"), self.naming)
            if self._restricted or (use == "temp" and not over):
                self.notes.append(f"{node.path} kept as a safe address: it may be one")
                yield self._make("contact.safe-address", value, node)
            elif over:
                yield self._make("contact", joined([f"Former address: {value}", since], ", "), node)
            elif use in {"work", "billing"}:
                yield self._make(
                    "contact", f"{'Work' if use == 'work' else 'Billing'} address: {value}", node
                )
            elif node.text("type") == "postal":
                yield self._make("contact", f"Address for letters: {value}", node)
            else:
                yield self._make("contact.current-address", value, node)

    def _telecom(self) -> Iterator[FoundField]:
        for node in self.node.all("telecom"):
            value, use = node.text("value"), node.text("use")
            if not value:
                continue
            system = node.text("system") or "other"
            words = tidy(value)
            if use in {"old", "temp"} or system not in {"phone", "sms"} or use == "work":
                name = {"sms": "text message"}.get(system, system)
                words = f"{words} ({joined([use or '', name], ' ')})"
            if is_past(node.text("period", "end")):
                words = f"{words} (no longer in use)"
            phone = "contact.phone" if system in {"phone", "sms"} else "contact"
            safe = self._restricted or use == "temp"
            yield self._make("contact.safe-contact" if safe else phone, words, node)

    def _needs(self) -> Iterator[FoundField]:
        for node in self.node.all("communication"):
            language = node.one("language")
            if language is None:
                continue
            best = ", preferred" if node.text("preferred") == "true" else ""
            if said := concepts(language):
                yield self._make("contact", f"Communicates in {' or '.join(said)}{best}", node)
        needed = self.node.extension("interpreterRequired") or self.node.extension("InterpreterRequired")
        if needed is not None and any(value.value == "true" for value in needed.all("value[x]")):
            yield self._make("contact", "Needs an interpreter", needed)
        preference = self.node.extension("ContactPreference")
        if preference is not None:
            yield from self._preference(preference)

    def _preference(self, node: Node) -> Iterator[FoundField]:
        parts = [
            fhir_words.words(value, self.naming)
            for inner in node.all("extension")
            for value in inner.all("value[x]")
        ]
        if said := joined(parts):
            # What somebody told a clinic they prefer is not what is safe; it stays with those who may call.
            yield self._make(
                "contact.safe-contact", f"Told the NHS that they prefer: {said}. Not known to be safe", node
            )

    def _others(self) -> Iterator[FoundField]:
        status = self.node.one("maritalStatus")
        if said := concept(status):
            yield self._make("family", f"Marital status: {said}", status or self.node)
        for node in self.node.all("contact"):
            if said := related(node):
                yield self._make("family", said, node)

    def _equality(self) -> Iterator[FoundField]:
        gender = self.node.one("gender")
        if gender is not None and gender.value is not None:
            if gender.value not in _SEXES:
                raise Malformed(Fault(gender.path, "not a gender that FHIR R4 knows"))
            name = "health.gender-recognition" if self._guarded else "equality.gender"
            yield self._make(name, _SEXES[gender.value], gender)
        for ending, class_name in _EQUALITY:
            node = self.node.extension(ending)
            said = [fhir_words.words(value, self.naming) for value in node.all("value[x]")] if node else []
            if node is not None and joined(said):
                yield self._make(class_name, joined(said), node)

    def _death(self) -> Iterator[FoundField]:
        for node in self.node.all("deceased[x]"):
            if node.name == "deceasedBoolean" and node.value == "true":
                yield self._make("health", "Recorded as dead", node)
            elif node.name == "deceasedDateTime" and node.value:
                yield self._make("health", f"Died {in_words(fhir_words.checked_date(node) or '')}", node)


def related(node: Node) -> str:
    """Who somebody else is to the patient: relation and name. No more of a third person is taken in."""
    relations = [concept(found) for found in node.all("relationship")]
    names = [fhir_words.name(found) for found in node.all("name")]
    who = joined(names[:1])
    how = joined(relations, ", ")
    if not who and not how:
        return ""
    how = f"{how[:1].upper()}{how[1:]}" or "Contact"
    return f"{how}: {who}" if who else how


def check_shape(node: Node) -> None:
    """Raises Malformed where an element that has parts is given as a word, or the other way round."""
    faults = [
        Fault(child.path, "a value where FHIR has an element with parts")
        for name in _COMPLEX
        for child in node.all(name)
        if child.value is not None
    ]
    faults += [
        Fault(child.path, "parts where FHIR has a single value")
        for name in _PRIMITIVE
        for child in node.all(name)
        if any(part.name != "extension" for part in child.children)
    ]
    if faults:
        raise Malformed(*faults)


def _gender_may_have_changed(node: Node) -> bool:
    """Whether sex and gender are recorded apart, so that a former name or either of them could tell."""
    if node.extension("genderIdentity") or node.extension("GenderIdentity"):
        return True
    birth = node.extension("BirthSex") or node.extension("birthsex")
    codes = {
        coding.text("code")
        for value in (birth.all("value[x]") if birth else [])
        for coding in value.all("coding")
    }
    codes |= {value.value for value in (birth.all("value[x]") if birth else [])} - {None}
    first = {"male": "M", "female": "F"}.get(node.text("gender") or "")
    return bool(codes) and first not in codes
