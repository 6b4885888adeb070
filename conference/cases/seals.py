"""What the seal of a field's row covers, and where its ciphertexts stand."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from conference.vault.place import Place
from conference.vault.rows import plain

_OF_A_VERSION = frozenset({"value", "summary", "source", "relevance"})


def place_of(field_id: str, column: str, version: int, withheld_number: int = 0) -> Place:
    """Where a field's ciphertext stands. What one version said does not open in another.

    withheld_number: how often the reason for withholding was written, which no version counts.
    """
    number = version if column in _OF_A_VERSION else withheld_number
    return Place("field", field_id, f"{column}/{number}" if number else column)


def field_parts(
    *,
    field_id: str,
    record_id: str,
    case_id: str,
    owner: str,
    class_name: str,
    offered: str,
    kind: str,
    version: int,
    recorded_at: datetime | None,
    has_summary: bool,
    subjects: Collection[str],
    sources: Collection[str],
    audience: Collection[str],
    withheld_number: int,
) -> tuple[str | None, ...]:
    """All that decisions about a field rest on; how many there are of each stands before them."""
    own = (field_id, record_id, case_id, owner, class_name, offered, kind, version, recorded_at, has_summary)
    lists = (subjects, sources, audience)
    return (
        *(plain(value) for value in own),
        *(part for one in lists for part in (str(len(one)), *sorted(one))),
        *((str(withheld_number),) if withheld_number else ()),  # none in the seals from before it was counted
    )
