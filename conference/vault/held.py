"""Ask those who hold agencies' keys, and remember what they said while they were heard from just now."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from conference.vault import letterbox
from conference.vault.catalogue import Agency, Box, Keys
from conference.vault.envelope import NotSealedHere
from conference.vault.errors import NotAnswering
from conference.vault.keyfile import owner_key
from conference.vault.providers import Asked, Opened, Provider

LEASE = 2.0  # for so many seconds after a holder was heard from, what it unwrapped is used again
RETRY = 1.0  # so many seconds after a holder did not answer, it is asked again by whoever needs it
MOST_REMEMBERED = 20_000  # an agency's unwrapped keys
DIRECT, IN_BOX = b"\x01", b"\x02"  # how the wrapping of a key that somebody else holds begins
_VERSION_BYTES = 4


class Held:
    """The holders of keys, and what is known of each agency's.

    watched: whether somebody asks the holders every moment (`conference.sharing.holding.watching`); then
             nobody else asks one that did not answer, and one not heard from for a while does not answer.
    turns:   how often a key stopped or began to be given.
    """

    def __init__(self, providers: Mapping[str, Provider], keys_of: Callable[[Agency], Keys]) -> None:
        self.providers = dict(providers)
        self.watched = False
        self.turns = 0
        self._keys_of = keys_of
        self._mutex = threading.Lock()
        self._silent: dict[Agency, float] = {}
        self._heard: dict[Agency, float] = {}
        self._opened: dict[Agency, dict[bytes, bytes]] = {}

    def is_silent(self, agency: Agency) -> bool:
        """Whether the holder of this agency's key does not give it."""
        at = time.monotonic()
        since = self._silent.get(agency)
        if since is not None:
            return self.watched or at - since < RETRY
        if not self.watched or not self._keys_of(agency).elsewhere:
            return False
        return at - self._heard.get(agency, float("-inf")) > LEASE

    def probe(self, agency: Agency) -> bool:
        """Ask the holders whether they give each version of this agency's key."""
        keys = self._keys_of(agency)
        boxes = [keys.boxes[version] for version in keys.elsewhere if version in keys.boxes]
        asked = [(keys.holders[box.version], _of_box(agency, box)) for box in boxes]
        found = [self._ask(holder, [one])[0] for holder, one in asked]
        for one in found:
            if isinstance(one, NotSealedHere):  # another key of the same name
                self._fell_silent(agency)
                return False
        return self._heard_from(agency, found)

    def wrap(self, agency: Agency, holder: str, name: str, plain: bytes, aad: bytes) -> bytes:
        """`plain` under an agency's key elsewhere. Raises NotAnswering."""
        provider = self.providers.get(holder)
        if provider is None:
            self._fell_silent(agency)
            raise NotAnswering(name)
        try:
            return DIRECT + provider.wrap(name, plain, aad)
        except NotAnswering:
            self._fell_silent(agency)
            raise

    def unwrap(self, asked: Sequence[Asked]) -> list[Opened]:
        """What each holds, or why not. Letterboxes' private keys first, then all the rest."""
        needed = {self._box_of(one) for one in asked if one.wrapped[:1] == IN_BOX}
        boxes = [one for one in needed if one is not None]
        private = dict(zip(boxes, self._unwrapped(boxes), strict=True))
        direct = [one._replace(wrapped=one.wrapped[1:]) for one in asked if one.wrapped[:1] == DIRECT]
        opened = iter(self._unwrapped(direct))
        found: list[Opened] = []
        for one in asked:
            if one.wrapped[:1] == DIRECT:
                found.append(next(opened))
            else:
                box = self._box_of(one)
                found.append(NotSealedHere() if box is None else _taken_out(one, private.get(box)))
        return found

    def forget(self, agency: Agency) -> None:
        """Drop all that was unwrapped with this agency's key."""
        with self._mutex:
            self._opened.pop(agency, None)

    def _unwrapped(self, asked: Sequence[Asked]) -> list[Opened]:
        """What is remembered, and of the holders all that is not, each asked once."""
        found: dict[int, Opened] = {}
        of: dict[str, list[int]] = {}
        for number, one in enumerate(asked):
            agency, version = agency_of(one.name)
            known = self._known_of(agency).get(_digest(one))
            if known is not None:
                found[number] = known
            else:
                of.setdefault(self._keys_of(agency).holders.get(version, ""), []).append(number)
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

    def _take_in(self, answers: Iterable[tuple[Asked, Opened]]) -> None:
        of: dict[Agency, list[tuple[Asked, Opened]]] = {}
        for one, answer in answers:
            of.setdefault(agency_of(one.name)[0], []).append((one, answer))
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
                self.turns += 1
        return True

    def _fell_silent(self, agency: Agency) -> None:
        with self._mutex:
            if agency not in self._silent:
                self.turns += 1
            self._silent[agency] = time.monotonic()
            self._opened.pop(agency, None)

    def _known_of(self, agency: Agency) -> dict[bytes, bytes]:
        if time.monotonic() - self._heard.get(agency, float("-inf")) > LEASE:
            return {}
        return self._opened.get(agency, {})

    def _box_of(self, one: Asked) -> Asked | None:
        """What must be unwrapped to open the letterbox that `one` was put into; None if there is none."""
        agency, _ = agency_of(one.name)
        version = int.from_bytes(one.wrapped[1 : 1 + _VERSION_BYTES], "big")
        box = self._keys_of(agency).boxes.get(version)
        return None if box is None or box.wrapped is None else _of_box(agency, box)


def put_in(box: Box, name: str, plain: bytes, aad: bytes) -> bytes:
    """`plain` for whoever can open this letterbox, as `Held.unwrap` knows it again."""
    number = box.version.to_bytes(_VERSION_BYTES, "big")
    return IN_BOX + number + letterbox.put_in(box.public, name, plain, aad)


def agency_in(name: str) -> tuple[Agency, int] | None:
    """Whose key a name is, and which version; None for a key of the house."""
    kind, *of = name.split("/")
    if kind != "agency" or len(of) != 3:
        return None
    return Agency(of[0], of[1]), int(of[2])


def agency_of(name: str) -> tuple[Agency, int]:
    """The same for a name that must be an agency's."""
    parts = agency_in(name)
    if parts is None:
        raise ValueError(f"{name!r} is no agency's key")
    return parts


def _of_box(agency: Agency, box: Box) -> Asked:
    return Asked(owner_key(*agency, box.version), box.wrapped or b"", letterbox.BOX_AAD)


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
