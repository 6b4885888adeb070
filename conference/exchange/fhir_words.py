"""FHIR's data types in plain English. Words come from `text` and `display`; a bare code has none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from conference.exchange.found import Fault, Malformed
from conference.exchange.text import in_words, tidy
from conference.exchange.tree import Node

Naming = Callable[[Node], str]
"""Gives the words for a reference, from what else was read."""

_UNITS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}
_DAYS = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday",
    "fri": "Friday", "sat": "Saturday", "sun": "Sunday",
}  # fmt: skip
_WHEN = {
    "MORN": "in the morning", "AFT": "in the afternoon", "EVE": "in the evening", "NIGHT": "at night",
    "NOON": "at noon", "HS": "before sleep", "WAKE": "on waking", "AC": "before meals", "PC": "after meals",
    "C": "with meals", "PHS": "after sleep", "EARLY.MORN": "early in the morning",
    "LATE.MORN": "late in the morning", "EARLY.AFT": "early in the afternoon",
    "LATE.AFT": "late in the afternoon", "EARLY.EVE": "early in the evening",
    "LATE.EVE": "late in the evening",
}  # fmt: skip
_TIMES = {"1": "once", "2": "twice", "1.0": "once", "2.0": "twice"}
_LOOKS_LIKE_A_DATE = re.compile(r"\d{4}-\d\d(-\d\d(T.*)?)?", re.ASCII)
_DATED = re.compile(r"([dD]ate|[tT]ime|Instant|start|end|authored|authoredOn|recorded|issued|created|sent)$")


def words(node: Node | None, naming: Naming) -> str:
    """Any data type in English, told by its shape; empty if it says nothing in words."""
    if node is None:
        return ""
    if node.value is not None:
        return _primitive(node)
    names = {child.name for child in node.children}
    for telling, maker in _SHAPES:
        if names & telling:
            return maker(node, naming)
    return ""


def concept(node: Node | None) -> str:
    """A CodeableConcept's or Coding's words: its text, else the first display that it gives."""
    if node is None:
        return ""
    if text := node.text("text"):
        return tidy(text)
    codings = sorted(node.all("coding"), key=lambda coding: coding.text("userSelected") != "true")
    displays = [tidy(display) for coding in [node, *codings] if (display := coding.text("display"))]
    return displays[0] if displays else ""


def concepts(node: Node) -> list[str]:
    """Every display of a CodeableConcept that means several things, such as the languages of one person."""
    shown = [tidy(display) for coding in node.all("coding") if (display := coding.text("display"))]
    return list(dict.fromkeys(shown)) or [text for text in [concept(node)] if text]


def name(node: Node) -> str:
    """A HumanName, given names first and without titles; its text where it has no parts."""
    parts = [child.value for child in [*node.all("given"), *node.all("family")] if child.value]
    return tidy(" ".join(parts) or node.text("text") or "")


def address(node: Node) -> str:
    """An Address in one line; its text where it has no parts."""
    lines = [child.value for child in node.all("line")]
    lines += [node.text(part) for part in ("city", "district", "state", "postalCode", "country")]
    kept = dict.fromkeys(tidy(line) for line in lines if line)
    return ", ".join(kept) or ", ".join((node.text("text") or "").splitlines())


def coded(code: str) -> str:
    """A code of FHIR's own, such as `entered-in-error`, as words."""
    return code.replace("-", " ").replace("_", " ")


def joined(parts: Iterable[str], with_: str = "; ") -> str:
    """The parts that say something, each once."""
    return with_.join(dict.fromkeys(part for part in parts if part))


def checked_date(node: Node | None) -> str | None:
    """The value of a date element. Raises Malformed unless it is a real FHIR date or dateTime."""
    if node is None or node.value is None:
        return None
    if in_words(node.value) is None:
        raise Malformed(Fault(node.path, "not a real date"))
    return node.value


def _primitive(node: Node) -> str:
    value = node.value or ""
    if _LOOKS_LIKE_A_DATE.fullmatch(value) or _DATED.search(node.name):
        said = in_words(value)
        if said is None and _DATED.search(node.name) and node.name != "time":
            raise Malformed(Fault(node.path, "not a real date"))
        return said or tidy(value)
    if value in {"true", "false"}:
        return "yes" if value == "true" else "no"
    return tidy(value)


def _concept(node: Node, _naming: Naming) -> str:
    return concept(node)


def _quantity(node: Node, _naming: Naming) -> str:
    number, unit = node.text("value"), node.text("unit") or node.text("code") or node.text("currency")
    if number is None:
        return ""
    comparator = {"<": "less than ", "<=": "at most ", ">": "more than ", ">=": "at least "}
    before = comparator.get(node.text("comparator") or "", "")
    return tidy(f"{before}{number} {unit or ''}")


def _range(node: Node, naming: Naming) -> str:
    low, high = words(node.one("low"), naming), words(node.one("high"), naming)
    return f"{low} to {high}" if low and high else (f"at least {low}" if low else f"at most {high}")


def _ratio(node: Node, naming: Naming) -> str:
    return joined([words(node.one("numerator"), naming), words(node.one("denominator"), naming)], " per ")


def _period(node: Node, _naming: Naming) -> str:
    start, end = checked_date(node.one("start")), checked_date(node.one("end"))
    if start and end and start[:10] == end[:10] and len(start) == len(end) == 10:
        return f"{in_words(start)}"
    parts = [f"from {in_words(start)}" if start else "", f"until {in_words(end)}" if end else ""]
    return " ".join(part for part in parts if part)


def _reference(node: Node, naming: Naming) -> str:
    return naming(node)


def _dosage(node: Node, naming: Naming) -> str:
    told = joined([words(node.one("text"), naming), words(node.one("patientInstruction"), naming)])
    if told:
        return told
    dose = [words(found, naming) for found in node.all("doseAndRate", "dose[x]")]
    dose += [words(found, naming) for found in node.all("doseAndRate", "rate[x]")]
    dose += [words(found, naming) for found in node.all("dose")]
    needed = concept(node.one("asNeededCodeableConcept"))
    needed = f"as needed for {needed}" if needed else ""
    if node.text("asNeededBoolean") == "true":
        needed = "as needed"
    rest = [words(node.one(part), naming) for part in ("timing", "route", "site", "method")]
    rest += [words(found, naming) for found in node.all("additionalInstruction")]
    return joined([*dose, *rest, needed], ", ")


def _timing(node: Node, naming: Naming) -> str:
    said = concept(node.one("code"))
    repeat = node.one("repeat")
    events = [words(event, naming) for event in node.all("event")]
    return said or joined([_repeat(repeat, naming) if repeat else "", *events], ", ")


def _repeat(node: Node, naming: Naming) -> str:
    number, most = node.text("frequency"), node.text("frequencyMax")
    period, unit = node.text("period"), _UNITS.get(node.text("periodUnit") or "", "")
    said = ""
    if unit:
        often = f"{number or '1'} to {most} times" if most else _TIMES.get(number or "1", f"{number} times")
        said = f"{often} a {unit}" if period in {None, "1", "1.0"} else f"{often} every {period} {unit}s"
    days = [_DAYS.get(day.value or "", "") for day in node.all("dayOfWeek")]
    times = [day.value or "" for day in node.all("timeOfDay")]
    when = [_WHEN.get(moment.value or "", "") for moment in node.all("when")]
    bounds = [words(bound, naming) for bound in node.all("bounds[x]")]
    on_days = f"on {joined(days, ', ')}" if any(days) else ""
    return joined([said, on_days, joined(times, " and "), joined(when, " and "), *bounds], " ")


def _attachment(node: Node, naming: Naming) -> str:
    title, made = words(node.one("title"), naming), words(node.one("creation"), naming)
    return joined([title or "an attached document", made], ", ")


def _annotation(node: Node, _naming: Naming) -> str:
    return tidy(node.text("text") or "")


def _name(node: Node, _naming: Naming) -> str:
    return name(node)


def _address(node: Node, _naming: Naming) -> str:
    return address(node)


_SHAPES: tuple[tuple[frozenset[str], Callable[[Node, Naming], str]], ...] = (
    (frozenset({"reference"}), _reference),
    (frozenset({"doseAndRate", "dosageInstruction", "asNeededBoolean", "asNeededCodeableConcept"}), _dosage),
    (frozenset({"patientInstruction", "timing", "route"}), _dosage),
    (frozenset({"coding"}), _concept),
    (frozenset({"repeat"}), _timing),
    (frozenset({"numerator", "denominator"}), _ratio),
    (frozenset({"low", "high"}), _range),
    (frozenset({"value"}), _quantity),
    (frozenset({"start", "end"}), _period),
    (frozenset({"contentType", "creation", "data"}), _attachment),
    (frozenset({"family", "given"}), _name),
    (frozenset({"line", "postalCode", "city"}), _address),
    (frozenset({"text"}), _annotation),
    (frozenset({"display", "identifier"}), _reference),
    (frozenset({"code"}), _concept),
)
