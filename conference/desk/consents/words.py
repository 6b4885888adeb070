"""What was said, in words. Source: screens, section 9."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from conference import formats
from conference.sharing import catalogue

KINDS = (
    *("identity", "contact.current-address", "contact.phone", "wishes", "dash", "family", "offending"),
    *("health", "care", "tenancy", "asb", "immigration", "equality"),
)
"""What one can agree to share, as classes. Safe contact is not among them, nor what a law has closed."""

PURPOSES = {name: words for name, words in catalogue.PURPOSES.items() if name not in {"audit", "monitoring"}}


def purposes() -> list[tuple[str, str]]:
    """What one can agree to it being used for: (purpose, words)."""
    return [(name, said[:1].upper() + said[1:]) for name, said in PURPOSES.items()]


def kinds() -> list[tuple[str, str]]:
    """What one can agree to share: (class, words)."""
    return [(name, catalogue.label(name)) for name in KINDS]


def parts_of(chosen: Iterable[str]) -> list[tuple[str, str]]:
    """What can be left out of the kinds that were chosen: (class, words)."""
    return [
        (name, words)
        for kind in KINDS
        if kind in set(chosen)
        for name, words in catalogue.LABELS.items()
        if name.startswith(f"{kind}.")
    ]


def inside(label: str) -> str:
    """A label in the middle of a sentence; `NHS number` stays as it is."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def listed(names: Iterable[str]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def last_day(until: datetime) -> str:
    """The last day on which it counts: `23 November 2027`."""
    return formats.day(until - timedelta(microseconds=1))


VERBS = {
    (True, True): "agrees",
    (True, False): "agreed",
    (False, True): "does not agree",
    (False, False): "did not agree",
}
"""By whether it is a yes, and whether it stands."""


def sentence(
    who: str,
    *,
    agrees: bool,
    stands: bool = True,
    in_part: bool = False,
    agencies: Iterable[str],
    classes: Iterable[str],
    left_out: Iterable[str],
    purposes: Iterable[str],
    until: datetime | None,
    names: Mapping[str, str],
) -> str:
    """`Maria agrees that Northmoor Homes may be told about health, for tenancy support, until …`.

    names: of agencies, by id.   stands: whether it still counts.
    in_part: for an agency that is named: `some things about health`, for what was left out is not said.
    """
    told = listed("anybody" if one == "*" else names.get(one, one) for one in agencies)
    about = listed(inside(catalogue.label(one)) for one in classes)
    but = [inside(catalogue.label(one)) for one in left_out]
    what_for = listed(PURPOSES.get(one, catalogue.PURPOSES.get(one, one)) for one in purposes)
    says, some = VERBS[agrees, stands], "some things about" if in_part else "about"
    never = f", but not {listed(but)}" if but and agrees else ""
    end = f", until {last_day(until)}" if until is not None else ""
    return f"{who} {says} that {told} may be told {some} {about}{never}, {what_for}{end}"
