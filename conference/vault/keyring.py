"""The key file, and the keys of agencies that somebody else holds: an HSM, or a key service.

Where each version of an agency's key is, and whether the agency gives it, stands in the key file
(`catalogue`), so that every process sees it at its next look, and nobody who writes to the database changes
it. What a holder unwraps is remembered while the holder was heard from a moment ago, and forgotten as
soon as the key is not given.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conference.vault import keychanges, letterbox
from conference.vault.catalogue import FILE, NO_KEYS, Agency, Box, Keys, noted
from conference.vault.envelope import NotSealedHere
from conference.vault.errors import KeyDestroyed, KeyMissing, KeyRevoked, NotAnswering
from conference.vault.keyfile import KeyFile, owner_key
from conference.vault.providers import Asked, Opened, Provider

if TYPE_CHECKING:
    from conference.vault.envelope import OpenKey

LEASE = 2.0  # for so many seconds after a holder was heard from, what it unwrapped is used again
RETRY = 1.0  # so many seconds after a holder did not answer, it is asked again by whoever needs it
MOST_REMEMBERED = 20_000  # a holder's unwrapped keys
DIRECT, IN_BOX = b"\x01", b"\x02"  # how the wrapping of a key that somebody else holds begins
_VERSION_BYTES = 4


class Keyring(KeyFile):
    """The keys of one installation, wherever they are. Safe for many threads and several processes.

    watched: whether somebody asks the holders every moment (`conference.sharing.keys.watching`); then nobody
             else asks one that did not answer.
    """

    def __init__(self, path: Path, providers: Mapping[str, Provider] | None = None) -> None:
        super().__init__(path)
        self.providers = dict(providers or {})
        self.watched = False
        self._agencies: dict[Agency, Keys] = {}
        self._reading: dict[Agency, Keys] = {}
        self._mutex = threading.Lock()
        self._silent: dict[Agency, float] = {}
        self._heard: dict[Agency, float] = {}
        self._opened: dict[Agency, dict[bytes, bytes]] = {}
        self._turns = 0

    @classmethod
    def open_with(cls, path: Path, providers: Mapping[str, Provider]) -> Keyring:
        """The key file at `path` with these other holders. Raises KeyFileBroken."""
        keys = cls(path, providers)
        keys._refresh()
        return keys

    # --- who gives their key ---

    def agency(self, partnership: str, owner: str) -> Keys:
        """What is known of an agency's keys."""
        self._refresh()
        return self._agencies.get(Agency(partnership, owner), NO_KEYS)

    def agencies(self) -> dict[Agency, Keys]:
        """All of which anything is known."""
        self._refresh()
        return dict(self._agencies)

    def is_dark(self, partnership: str, owner: str) -> bool:
        """Whether nothing of this owner's opens now: revoked, destroyed, or its holder does not answer."""
        keys = self.agency(partnership, owner)
        return keys.is_revoked or keys.has_left or self.is_silent(partnership, owner)

    def is_silent(self, partnership: str, owner: str) -> bool:
        """Whether the holder of this agency's key does not give it."""
        agency, at = Agency(partnership, owner), time.monotonic()
        since = self._silent.get(agency)
        if since is not None:
            return self.watched or at - since < RETRY
        if not self.watched or not self.agency(partnership, owner).elsewhere:
            return False
        return at - self._heard.get(agency, float("-inf")) > LEASE

    def probe(self, partnership: str, owner: str) -> bool:
        """Ask the holders whether they give each version of this agency's key. Forgets what they do not."""
        agency = Agency(partnership, owner)
        keys = self.agency(partnership, owner)
        boxes = [keys.boxes.get(version) for version in keys.elsewhere]
        asked = [(keys.holders[box.version], self._of_box(agency, box)) for box in boxes if box is not None]
        found = [self._ask(holder, [one])[0] for holder, one in asked]
        self._heard_from(agency, found)
        return all(isinstance(one, bytes) for one in found)

    @property
    def edition(self) -> bytes:
        """Another as soon as any key is destroyed, or given no more, or given again."""
        return super().edition + str(self._turns).encode()

    def remembered(self) -> dict[str, OpenKey]:
        """As for a key file; what a dark agency's key protects is not among them."""
        self._refresh()
        return self._unwrapped

    # --- wrapping ---

    def wrap(self, name: str, plain: bytes, aad: bytes) -> bytes:
        """`plain` under key `name`, bound to `aad`. Works while the key is not given: nobody opens it then.

        Raises KeyMissing, KeyDestroyed; NotAnswering where there is no letterbox.
        """
        parts = _agency_in(name)
        if parts is None:
            return super().wrap(name, plain, aad)
        agency, version = parts
        keys = self.agency(*agency)
        holder = keys.holders.get(version, FILE if not keys.holders else None)
        if holder is None:
            raise KeyMissing(name)
        if holder == FILE and version not in keys.gone:
            return super().wrap(name, plain, aad)
        if not self.is_dark(*agency):
            try:
                wrapped = self._holder(holder, name).wrap(name, plain, aad)
            except NotAnswering:
                self._fell_silent(agency)
            else:
                return DIRECT + wrapped
        if keys.box is None:
            raise KeyDestroyed(name) if version in keys.gone else NotAnswering(name)
        number = keys.box.version.to_bytes(_VERSION_BYTES, "big")
        return IN_BOX + number + letterbox.put_in(keys.box.public, name, plain, aad)

    def unwrap(self, name: str, wrapped: bytes, aad: bytes) -> bytes:
        """What `wrap` made. Raises NotSealedHere; KeyMissing, KeyRevoked."""
        [found] = self.unwrap_many([(name, wrapped, aad)])
        if isinstance(found, bytes):
            return found
        raise found

    def unwrap_many(
        self, asked: Sequence[tuple[str, bytes, bytes]]
    ) -> list[bytes | KeyMissing | NotSealedHere]:
        """For each (name, wrapped, aad) what `unwrap` gives, or the error that it raises.

        Each holder is asked once for all that is not remembered.
        """
        found: dict[int, bytes | KeyMissing | NotSealedHere] = {}
        elsewhere: dict[int, Asked] = {}
        for number, one in enumerate(map(Asked._make, asked)):
            parts = _agency_in(one.name)
            known = NO_KEYS if parts is None else self.agency(*parts[0])
            if parts is not None and (self.is_dark(*parts[0]) or parts[1] in known.gone):
                found[number] = KeyRevoked(one.name)
            elif parts is None or known.holders.get(parts[1], FILE) == FILE:
                found[number] = self._from_file(one)
            else:
                elsewhere[number] = one
        found.update(zip(elsewhere, self._from_holders(list(elsewhere.values())), strict=True))
        return [found[number] for number in range(len(asked))]

    def current_version(self, partnership: str, owner: str) -> int:
        """The newest version of an owner's key, wherever it is, destroyed or not; 1 if there is none yet."""
        if owner == "directory":
            return super().current_version(partnership, owner)
        return self.agency(partnership, owner).newest

    def new_version(self, partnership: str, owner: str) -> int:
        """The next version of an owner's key, made by whoever holds the one before.

        Raises ProviderWrong, NotAnswering.
        """
        holder = self.agency(partnership, owner).holders.get(self.current_version(partnership, owner), FILE)
        if holder == FILE:
            return super().new_version(partnership, owner)
        return keychanges.hand_over(self, partnership, owner, holder)

    def enter(self, lines: Callable[[], Sequence[bytes]]) -> None:
        """Add whole lines, made while nobody else changes the file."""
        with self._alone():
            self._append(b"".join(lines()))
            self._refresh()

    # --- asking the holders ---

    def _from_file(self, one: Asked) -> bytes | KeyMissing | NotSealedHere:
        try:
            return super().unwrap(*one)
        except (KeyMissing, NotSealedHere) as error:
            return error

    def _from_holders(self, asked: Sequence[Asked]) -> list[Opened]:
        """Boxes' private keys first, then all the rest."""
        needed = {self._box_of(one) for one in asked if one.wrapped[:1] == IN_BOX}
        boxes = [one for one in needed if one is not None]
        private = dict(zip(boxes, self._unwrapped_of(boxes), strict=True))
        direct = [one._replace(wrapped=one.wrapped[1:]) for one in asked if one.wrapped[:1] == DIRECT]
        opened = iter(self._unwrapped_of(direct))
        found: list[Opened] = []
        for one in asked:
            if one.wrapped[:1] == DIRECT:
                found.append(next(opened))
            else:
                box = self._box_of(one)
                found.append(NotSealedHere() if box is None else _taken_out(one, private.get(box)))
        return found

    def _unwrapped_of(self, asked: Sequence[Asked]) -> list[Opened]:
        """What is remembered, and of the holders all that is not, each asked once."""
        found: dict[int, Opened] = {}
        of: dict[str, list[int]] = {}
        for number, one in enumerate(asked):
            agency, version = _agency_of(one.name)
            known = self._known_of(agency).get(_digest(one))
            if known is not None:
                found[number] = known
            else:
                of.setdefault(self.agency(*agency).holders.get(version, ""), []).append(number)
        for holder, numbers in of.items():
            answers = self._ask(holder, [asked[number] for number in numbers])
            found.update(zip(numbers, answers, strict=True))
            self._take_in([(asked[number], found[number]) for number in numbers])
        return [found[number] for number in range(len(asked))]

    def _ask(self, holder: str, asked: Sequence[Asked]) -> list[Opened]:
        provider = self.providers.get(holder)
        if provider is None:
            return [NotAnswering(one.name) for one in asked]
        return provider.unwrap_many(asked)

    def _holder(self, holder: str, name: str) -> Provider:
        provider = self.providers.get(holder)
        if provider is None:
            raise NotAnswering(name)
        return provider

    def _take_in(self, answers: Iterable[tuple[Asked, Opened]]) -> None:
        of: dict[Agency, list[tuple[Asked, Opened]]] = {}
        for one, answer in answers:
            of.setdefault(_agency_of(one.name)[0], []).append((one, answer))
        for agency, those in of.items():
            if not self._heard_from(agency, [answer for _, answer in those]):
                continue
            with self._mutex:
                kept = self._opened.setdefault(agency, {})
                if len(kept) > MOST_REMEMBERED:
                    kept.clear()
                kept.update({_digest(one): answer for one, answer in those if isinstance(answer, bytes)})

    def _heard_from(self, agency: Agency, answers: Iterable[Opened]) -> bool:
        """Note whether an agency's key was given. A wrapping that is not ours is no fault of the holder's."""
        if any(isinstance(answer, NotAnswering) for answer in answers):
            self._fell_silent(agency)
            return False
        with self._mutex:
            self._heard[agency] = time.monotonic()
            if self._silent.pop(agency, None) is not None:
                self._turns += 1
        return True

    def _fell_silent(self, agency: Agency) -> None:
        with self._mutex:
            if agency not in self._silent:
                self._turns += 1
            self._silent[agency] = time.monotonic()
        self._forget(agency)

    def _known_of(self, agency: Agency) -> dict[bytes, bytes]:
        if time.monotonic() - self._heard.get(agency, float("-inf")) > LEASE:
            return {}
        return self._opened.get(agency, {})

    def _forget(self, agency: Agency) -> None:
        """Drop all that was unwrapped with this agency's key."""
        with self._mutex:
            self._opened.pop(agency, None)
            kept = self._unwrapped.items()
            self._unwrapped = {
                one: key for one, key in kept if (key.info.partnership, key.info.owner) != agency
            }

    # --- letterboxes ---

    def _box_of(self, one: Asked) -> Asked | None:
        """What must be unwrapped to open the letterbox that `one` was put into; None if there is none."""
        agency, _ = _agency_of(one.name)
        version = int.from_bytes(one.wrapped[1 : 1 + _VERSION_BYTES], "big")
        box = self.agency(*agency).boxes.get(version)
        return None if box is None or box.wrapped is None else self._of_box(agency, box)

    def _of_box(self, agency: Agency, box: Box) -> Asked:
        return Asked(owner_key(*agency, box.version), box.wrapped or b"", letterbox.BOX_AAD)

    # --- reading the key file ---

    def _take(self, content: bytes) -> None:
        header = content[: content.find(b"\n") + 1]
        same = bool(self._header) and header == self._header and content.rfind(b"\n") + 1 >= self._end
        before = self._agencies
        self._reading = dict(before) if same else {}
        super()._take(content)
        self._agencies = self._reading
        for agency, keys in self._agencies.items():
            if (keys.is_revoked or keys.has_left) and keys != before.get(agency):
                self._turns += 1
                self._forget(agency)

    def _parse(self, line: bytes, number: int) -> tuple[str, bytes | None]:
        name, key = super()._parse(line, number)
        noted(self._reading, name, key, line)
        return name, key


def _agency_in(name: str) -> tuple[Agency, int] | None:
    """Whose key a name is, and which version; None for a key of the house."""
    kind, *of = name.split("/")
    if kind != "agency" or len(of) != 3:
        return None
    return Agency(of[0], of[1]), int(of[2])


def _agency_of(name: str) -> tuple[Agency, int]:
    parts = _agency_in(name)
    if parts is None:
        raise ValueError(f"{name!r} is no agency's key")
    return parts


def _digest(one: Asked) -> bytes:
    parts = (one.name.encode(), one.wrapped, one.aad)
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


def _taken_out(one: Asked, private: Opened | None) -> Opened:
    if private is None or one.wrapped[:1] != IN_BOX:
        return NotSealedHere()
    if not isinstance(private, bytes):
        return private
    try:
        return letterbox.take_out(private, one.name, one.wrapped[1 + _VERSION_BYTES :], one.aad)
    except NotSealedHere as error:
        return error
