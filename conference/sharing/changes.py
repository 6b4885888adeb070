"""What a change of the rules would show more of, and less of: every cell, brought together for reading.

Bringing together loses nothing: a line stands for every combination of what it lists, and for nothing else.
Consents and decisions are left out of it, so that it says nothing about anybody.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

import consent
from conference.cases.models import CONFERENCE
from conference.sharing.versions import boundary, parsed


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """Cells of one owner that change from one level to another: all combinations of these values.

    words: `granted`, `refused`, `silent`.   approvals: how many approved.   instants: moments, as written.
    """

    owner: str
    before: str
    after: str
    purposes: tuple[str, ...]
    classes: tuple[str, ...]
    recipients: tuple[str, ...]
    roles: tuple[str, ...]
    subjects: tuple[str, ...]
    words: tuple[str, ...]
    approvals: tuple[int, ...]
    instants: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """All that changes, from now on. Each owner's own view of its own is no change."""

    gains: tuple[Line, ...]
    losses: tuple[Line, ...]

    @property
    def exposed(self) -> frozenset[str]:
        """The owners of whose information more would be shown."""
        return frozenset(line.owner for line in self.gains)

    def gains_for(self, agency: str) -> tuple[Line, ...]:
        """What `agency` must accept: its own, and what the conference writes of everybody's."""
        return tuple(line for line in self.gains if line.owner in {agency, CONFERENCE})


def changes(old: str, new: str, at: datetime) -> Changes:
    """What differs between two whole policies (JSON) from `at` on. Raises consent.BrokenPolicy."""
    return _changes(old, new, boundary((old, new), at))


@lru_cache(maxsize=16)
def _changes(old: str, new: str, since: datetime | None) -> Changes:
    found = [
        one
        for one in consent.diff(consent.load(old), consent.load(new))
        if one.cell.owner != one.cell.recipient and (since is None or parsed(one.cell.at) >= since)
    ]
    lines = _together(found)
    rises = [line for line in lines if consent.Level[line.after.upper()] > consent.Level[line.before.upper()]]
    risen = frozenset(rises)
    return Changes(tuple(rises), tuple(line for line in lines if line not in risen))


# What is brought together first is what a reader needs least.
_ORDER = (
    *("instants", "approvals", "words", "roles", "subjects"),
    *("recipients", "classes", "purposes"),
)


def _together(found: Iterable[consent.Difference]) -> list[Line]:
    rows: list[dict[str, Any]] = [
        {
            "owner": one.cell.owner,
            "before": one.before.word,
            "after": one.after.word,
            "purposes": (one.cell.purpose,),
            "classes": (one.cell.class_name,),
            "recipients": (one.cell.recipient,),
            "roles": (one.cell.role,),
            "subjects": (one.cell.subject,),
            "words": (one.cell.word,),
            "approvals": (one.cell.approvals,),
            "instants": (one.cell.at,),
        }
        for one in found
    ]
    for merged in _ORDER:
        rest = [known.name for known in fields(Line) if known.name != merged]
        gathered: dict[tuple[Any, ...], set[Any]] = {}
        for row in rows:
            gathered.setdefault(tuple(row[name] for name in rest), set()).update(row[merged])
        rows = [
            {**dict(zip(rest, key, strict=True)), merged: tuple(sorted(values))}
            for key, values in gathered.items()
        ]
    return sorted(Line(**row) for row in rows)


def binding(draft_id: str, document_hash: str, agency: str, gains: Iterable[Line]) -> str:
    """What an acceptance is bound to: this draft, exactly this content, and exactly these gains."""
    listed = [[getattr(line, known.name) for known in fields(Line)] for line in sorted(gains)]
    plain = json.dumps([draft_id, document_hash, agency, listed], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode("utf-8")).hexdigest()
