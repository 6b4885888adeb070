"""What a key file says of agencies' keys beside the keys themselves: where each version is, who gives it.

Lines of the key file, with these names:

- `agency/<partnership>/<agency>/<version>`: a version that the key file holds itself;
- `held/<partnership>/<agency>/<version>/<provider>`: a version that somebody else holds; its own bytes mean
  nothing;
- `letterbox/<partnership>/<agency>/<version>`: the public key into which is put what must be written while
  the agency's key is not given; `wrapped` is its private key under that version, missing where nobody shall
  ever open it;
- `revoked/<partnership>/<agency>/<number>`: while it is there, the agency does not give its key.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from typing import NamedTuple

FILE = "file"
"""The name of the key file itself among the holders of keys."""


class Agency(NamedTuple):
    """An agency of a partnership; its key is one for all its records."""

    partnership: str
    owner: str


class Box(NamedTuple):
    """A letterbox as it is kept. wrapped: its private key under the agency's key; None where it is lost."""

    version: int
    public: bytes
    wrapped: bytes | None


@dataclass(frozen=True, slots=True)
class Keys:
    """One agency's. holders: who holds each version, oldest first.   gone: versions that were destroyed."""

    holders: dict[int, str] = field(default_factory=dict)
    gone: frozenset[int] = frozenset()
    boxes: dict[int, Box] = field(default_factory=dict)
    marks: dict[int, bool] = field(default_factory=dict)

    @property
    def newest(self) -> int:
        """The newest version; 1 where there is none yet."""
        return max(self.holders, default=1)

    @property
    def is_revoked(self) -> bool:
        """Whether the agency has taken its key back."""
        return any(self.marks.values())

    @property
    def has_left(self) -> bool:
        """Whether the newest version was destroyed: nothing is sealed for the agency any more."""
        return self.newest in self.gone

    @property
    def elsewhere(self) -> dict[int, str]:
        """The versions that somebody else holds and that were not destroyed."""
        held = self.holders.items()
        return {version: name for version, name in held if name != FILE and version not in self.gone}

    @property
    def box(self) -> Box | None:
        """The letterbox that serves now."""
        return self.boxes[max(self.boxes)] if self.boxes else None


NO_KEYS = Keys()


def noted(known: dict[Agency, Keys], name: str, key: bytes | None, line: bytes) -> None:
    """Take one line of a key file into `known`; those that say nothing of an agency are passed by."""
    kind, *of = name.split("/")
    if kind not in {"agency", "held", "letterbox", "revoked"} or len(of) < 3 or not of[2].isdigit():
        return
    agency, number = Agency(of[0], of[1]), int(of[2])
    keys = known.get(agency, NO_KEYS)
    if kind == "revoked":
        keys = replace(keys, marks={**keys.marks, number: key is not None})
    elif kind == "letterbox":
        boxes = {version: box for version, box in keys.boxes.items() if version != number}
        if key is not None:
            text = json.loads(line).get("wrapped")
            boxes[number] = Box(number, key, None if text is None else base64.b64decode(text))
        keys = replace(keys, boxes=boxes)
    else:
        holders = {**keys.holders, number: FILE if kind == "agency" else of[3]}
        gone = keys.gone | {number} if key is None else keys.gone
        keys = replace(keys, holders=dict(sorted(holders.items())), gone=gone)
    known[agency] = keys


def held_name(agency: Agency, version: int, provider: str) -> str:
    """The name of the line that says who holds a version."""
    return f"held/{agency.partnership}/{agency.owner}/{version}/{provider}"


def box_name(agency: Agency, version: int) -> str:
    """The name of a letterbox's line."""
    return f"letterbox/{agency.partnership}/{agency.owner}/{version}"


def mark_name(agency: Agency, number: int) -> str:
    """The name of the line that says that the agency has taken its key back."""
    return f"revoked/{agency.partnership}/{agency.owner}/{number}"
