"""Which rules a page lists, and how: by kind of information, twins in one sentence, one's own first."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from conference.governance.rules.sentences import Speaker
from conference.sharing import catalogue

Rule = Mapping[str, Any]

ABOUT = {name: words for name, words in catalogue.LABELS.items() if "." not in name} | {"contact": "Contact"}
EVERYBODY = "all"
FEW = 12
"""So many sentences can be read at once; of more, each kind of information is opened by itself."""
_RIGHT = frozenset({"id", "basis", "condition", "power"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """Rules in words. ids: what the log calls them; more than one where only the legal basis differs."""

    words: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The rules about one kind of information. is_open: whether they are read without opening it."""

    heading: str
    sentences: tuple[Sentence, ...]
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """The agency that reads.   bases: codes of the legal bases open to an agency of its sector."""

    id: str
    name: str
    kind: str
    bases: frozenset[str]


@dataclass(frozen=True, slots=True)
class Narrow:
    """Which rules are asked for.

    whose: a kind of agency whose information they are about; empty: the reader's own; `EVERYBODY`: all.
    shown_to, about: a kind of agency that is shown it, a kind of information; empty: all.
    kinds_of: agencies' ids to their kinds.
    """

    own: Own
    whose: str = ""
    shown_to: str = ""
    about: str = ""
    kinds_of: Mapping[str, str] = field(default_factory=dict)

    def names(self, rule: Rule) -> bool:
        """Whether a rule names the reader's agency."""
        return any(self.own.id in (side.get("agencies") or ()) for side in _sides(rule))

    def lets(self, rule: Rule) -> bool:
        """Whether a rule is asked for, but for whether it names the reader's agency."""
        owners, recipients = _sides(rule)
        roots = {one.partition(".")[0] for one in rule.get("classes") or ()}
        if (self.about and roots and self.about not in roots) or not self._of(recipients, self.shown_to):
            return False
        if self.whose:
            return self._of(owners, "" if self.whose == EVERYBODY else self.whose)
        basis = rule.get("basis")
        return (
            self._of(owners, self.own.kind)
            and not (owners.get("agencies") and self.own.id not in owners["agencies"])
            and (basis is None or basis in self.own.bases)
        )

    def _of(self, side: Rule, kind: str) -> bool:
        """Whether one side of a rule can be an agency of this kind."""
        named = {self.kinds_of.get(one) for one in side.get("agencies") or ()}
        if not kind:
            return True
        return (not side.get("kinds") or kind in side["kinds"]) and (not named or kind in named)

    def told(self, rule: Rule) -> Rule:
        """A rule as it is about the kind of agency that is asked for: `Police may show`, not `Any agency`."""
        kind = self.whose or self.own.kind
        owners = _sides(rule)[0]
        if self.whose == EVERYBODY or owners.get("agencies"):
            return rule
        return {**rule, "owners": {**owners, "kinds": [kind]}}


ALL_RULES = Narrow(Own("", "", "", frozenset()), whose=EVERYBODY)
"""Every rule there is, as it is written."""


def grouped(speaker: Speaker, rules: Iterable[Rule], narrow: Narrow) -> tuple[Group, ...]:
    """Rules by the first kind of information that they speak of, in the catalogue's order.

    Those that name the reader's own agency come first, whatever they are about.
    """
    named, found = [], dict[str, list[Rule]]()
    for rule in rules:
        if not narrow.whose and narrow.names(rule):
            named.append(rule)
        elif narrow.lets(rule):
            root = narrow.about or (rule.get("classes") or [""])[0].partition(".")[0]
            found.setdefault(root, []).append(narrow.told(rule))
    order = sorted(found, key=lambda root: (not root, list(ABOUT).index(root) if root in ABOUT else 99, root))
    said = {root: said_once(speaker, found[root]) for root in order}
    is_open = len(said) == 1 or sum(map(len, said.values())) <= FEW
    first = [Group(f"Rules that name {narrow.own.name}", said_once(speaker, named), is_open=True)]
    return (*(first if named else ()), *(Group(_heading(root), said[root], is_open) for root in order))


def _heading(root: str) -> str:
    return ABOUT.get(root, catalogue.label(root)) if root else "Anything"


def said_once(speaker: Speaker, rules: Iterable[Rule]) -> tuple[Sentence, ...]:
    """Rules as sentences, in their order; those that differ only by their legal basis are one sentence."""
    twins: dict[str, list[Rule]] = {}
    for rule in rules:
        same = {key: said for key, said in rule.items() if key not in _RIGHT}
        twins.setdefault(json.dumps(same, sort_keys=True), []).append(rule)
    return tuple(
        Sentence(speaker.rule(first, others), tuple(one["id"] for one in (first, *others)))
        for first, *others in twins.values()
    )


def _sides(rule: Rule) -> tuple[Rule, Rule]:
    return rule.get("owners") or {}, rule.get("recipients") or {}
