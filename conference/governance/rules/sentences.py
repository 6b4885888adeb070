"""Rules and changes as sentences that people who are not programmers read. Source: screens, section 12."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from conference.formats import day
from conference.governance.words import listed
from conference.sharing import catalogue
from conference.sharing.changes import Line
from conference.sharing.versions import parsed

KINDS = {
    "police": "Police",
    "idva": "IDVA services",
    "childrens": "Children's services",
    "adult-care": "Adult social care",
    "nhs": "NHS",
    "mental-health": "Mental health services",
    "housing": "Housing",
    "asb": "Antisocial behaviour teams",
    "probation": "Probation",
    "education": "Education",
    "substance": "Drug and alcohol services",
    "fire": "Fire services",
    "voluntary": "Other voluntary agencies",
    "conference": "The conference",
}
ALL_KINDS = frozenset(KINDS) - {"conference"}
EVERY_KIND = "every kind of agency"
ROLES = {
    "referrer": "referrer",
    "representative": "representative",
    "deputy": "deputy",
    "idva": "IDVA",
    "coordinator": "coordinator",
    "chair": "chair",
    "observer": "observer",
    "ig-officer": "information governance officer",
    "administrator": "administrator",
}
ANOTHER = "other"
"""A role that no rule names, as the comparison of two policies has it."""
PANEL = frozenset({"referrer", "representative", "deputy", "idva", "coordinator", "chair"})
SUBJECTS = {
    "victim": "the victim",
    "child": "a child",
    "alleged-perpetrator": "the alleged perpetrator",
    "other": "another person",
}
CONDITIONS = {
    "A9g-18": "safeguarding children and adults at risk (Article 9(2)(g), Schedule 1 paragraph 18)",
    "A9g-10": "preventing crime (Article 9(2)(g), Schedule 1 paragraph 10)",
    "A9a": "explicit consent (Article 9(2)(a))",
    "A10": "criminal offence information (Article 10)",
    "Sch8-4": "safeguarding by law enforcement (Schedule 8 paragraph 4)",
}
POWERS = {
    "CDA 1998 s115": "Crime and Disorder Act 1998 s115",
    "CA 2004 s10": "Children Act 2004 s10",
    "Care Act 2014 s6": "Care Act 2014 s6",
}
CONSENT = {
    "required": "only with consent",
    "considered": "refusal considered",
    "irrelevant": "consent does not decide",
}
LEVELS = {"none": "Nothing", "presence": "Holds information", "summary": "Summary", "full": "In full"}


def inside(words: str) -> str:
    """A label in the middle of a sentence; `NHS number` stays as it is."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things with the names of one partnership's agencies, and of one policy's classes."""

    agencies: Mapping[str, str]
    classes: Collection[str]

    # --- rules and locks ---

    def rule(self, rule: Mapping[str, Any], twins: Iterable[Mapping[str, Any]] = ()) -> str:
        """`Police may show Housing, in full, bail and orders of the alleged perpetrator, to prevent …`.

        twins: rules that say the same by another right.
        """
        owners = self._side(rule.get("owners") or {}, "Any agency")
        recipients = self._recipients(rule.get("recipients") or {})
        what = self.what(rule.get("classes"), rule.get("subjects"))
        done = _DONE[rule["effect"], rule.get("level")].format(
            owners=owners, recipients=recipients, what=what
        )
        by = "; or ".join(dict.fromkeys(filter(None, map(right, (rule, *twins)))))
        parts = [f"{done}, {purposes(rule.get('purposes'))}", by]
        parts += [CONSENT.get(rule.get("consent") or "", ""), _approved(rule.get("approvals") or 0)]
        return "; ".join(part for part in (*parts, _time(rule)) if part) + "."

    def lock(self, lock: Mapping[str, Any]) -> str:
        """`Sexual health stays with its owner until an exemption is signed.`."""
        said = self.what(lock["classes"], None)
        return f"{said[:1].upper()}{said[1:]} stays with its owner until an exemption is signed."

    def agency(self, name: str) -> str:
        """An agency's name."""
        return self.agencies.get(name, name)

    def what(self, classes: Iterable[str] | None, subjects: Iterable[str] | None) -> str:
        """`bail and orders of the alleged perpetrator`."""
        named = listed([self.class_name(one) for one in classes]) if classes else "anything"
        about = [SUBJECTS.get(one, one) for one in subjects or ()]
        return f"{named} of {' or '.join(about)}" if about else named

    def class_name(self, name: str) -> str:
        """`bail and orders`; `everything about health` for a class that has others below it."""
        said = inside(catalogue.label(name))
        return f"everything about {said}" if any(one.startswith(f"{name}.") for one in self.classes) else said

    def _side(self, names: Mapping[str, list[str]], anybody: str) -> str:
        named = names.get("kinds") or ()
        kinds = [EVERY_KIND] if set(named) == ALL_KINDS else [KINDS.get(one, one) for one in named]
        agencies = [self.agency(one) for one in names.get("agencies") or ()]
        if kinds and agencies:
            return f"{listed(kinds)} (only {listed(agencies)})"
        return listed(agencies or kinds) if agencies or kinds else anybody

    def _recipients(self, names: Mapping[str, list[str]]) -> str:
        said = self._side(names, "any agency")
        held = who(names.get("roles"))
        return f"{said} ({held})" if held else said

    # --- what changes ---

    def change(self, line: Line, at: datetime) -> Changed:
        """One line of a change."""
        return Changed(
            who=listed([self.agency(one) for one in line.recipients]),
            what=listed([self._one(one) for one in line.classes]),
            purpose=purposes(line.purposes),
            change=f"{LEVELS[line.before]} to {LEVELS[line.after]}",
            when="; ".join(part for part in _when(line, at) if part),
        )

    def _one(self, name: str) -> str:
        """A class for itself: a cell is about the class, not about those below it."""
        said = inside(catalogue.label(name))
        return f"{said} (general)" if any(one.startswith(f"{name}.") for one in self.classes) else said


@dataclass(frozen=True, slots=True)
class Changed:
    """A line of a change, in words for each column."""

    who: str
    what: str
    purpose: str
    change: str
    when: str


_DONE = {
    ("permit", "full"): "{owners} may show {recipients}, in full, {what}",
    ("permit", "summary"): "{owners} may show {recipients} a summary of {what}",
    ("permit", "presence"): "{owners} may tell {recipients} that they hold {what}",
    ("limit", "full"): "{owners} may show {recipients}, at most in full, {what}",
    ("limit", "summary"): "{owners} may show {recipients} at most a summary of {what}",
    ("limit", "presence"): "{owners} may at most tell {recipients} that they hold {what}",
    ("limit", "none"): "{owners} may show {recipients} nothing of {what}",
    ("forbid", None): "{owners} may never show {recipients} {what}",
}


def purposes(names: Iterable[str] | None) -> str:
    """`to prevent serious harm or for tenancy support`."""
    said = [catalogue.PURPOSES.get(one, f"for {one}") for one in names or ()]
    return " or ".join(said) if said else "for any purpose"


def right(rule: Mapping[str, Any]) -> str:
    """`public task, Crime and Disorder Act 1998 s115`."""
    basis, condition, power = (rule.get(key) or "" for key in ("basis", "condition", "power"))
    said = (
        inside(catalogue.BASES.get(basis, basis)),
        CONDITIONS.get(condition, condition),
        POWERS.get(power, power),
    )
    return ", ".join(part for part in said if part)


def who(roles: Iterable[str] | None) -> str:
    """`panel members`, or the roles one by one; nothing where they do not matter."""
    named = set(roles or ())
    if not named:
        return ""
    if any(one.startswith(ANOTHER) for one in named):  # a role that no rule names: rules that ask for none
        return "anybody there, whatever their role" if named >= PANEL else "anybody in another role"
    if named >= PANEL:
        more = sorted(named - PANEL)
        return " and ".join(("panel members", *(ROLES.get(one, one) for one in more)))
    return " or ".join(words for role, words in _all_roles(named).items() if role in named)


def _all_roles(named: Iterable[str]) -> dict[str, str]:
    return {**ROLES, **{one: one for one in sorted(named) if one not in ROLES}}


def _approved(number: int) -> str:
    return {0: "", 1: "with an approval"}.get(number, f"with {number} approvals")


def _time(rule: Mapping[str, Any]) -> str:
    said = [f"{word} {day(parsed(rule[key]))}" for key, word in _ENDS if rule.get(key)]
    return " ".join(said)


_ENDS = (("from", "from"), ("until", "until"))


def words_said(words: Iterable[str]) -> str:
    """As which words of the person it is so; nothing where they make no difference."""
    return _WORDS.get(frozenset(words), "")


_WORDS = {
    frozenset({"granted"}): "if they agreed",
    frozenset({"refused"}): "if they refused",
    frozenset({"silent"}): "if they said nothing",
    frozenset({"granted", "silent"}): "unless they refused",
    frozenset({"granted", "refused"}): "if they agreed or refused",
    frozenset({"refused", "silent"}): "unless they agreed",
}


def _when(line: Line, at: datetime) -> list[str]:
    """Under which conditions, for the last column."""
    everybody = any(one.startswith(ANOTHER) for one in line.subjects)
    about = [] if everybody else [SUBJECTS.get(one, one) for one in line.subjects]
    starts = min(parsed(one) for one in line.instants)
    return [
        who(line.roles),
        f"about {' or '.join(about)}" if about else "",
        words_said(line.words),
        "" if 0 in line.approvals else _approved(min(line.approvals)).replace("with", "with an override and"),
        f"from {day(starts)}" if starts > at else "",
    ]
