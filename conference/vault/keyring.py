"""The key file, and the keys of agencies that somebody else holds: an HSM, or a key service.

Where each version of an agency's key is, and whether the agency gives it, stands in the key file
(`catalogue`), so that every process sees it at its next look, and nobody who writes to the database changes
it. What a holder unwraps is remembered while the holder was heard from a moment ago, and forgotten as
soon as the key is not given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conference.vault import keychanges
from conference.vault.catalogue import FILE, NO_KEYS, Agency, Keys, noted
from conference.vault.envelope import NotSealedHere
from conference.vault.errors import KeyDestroyed, KeyMissing, KeyRevoked, NotAnswering, ProviderWrong
from conference.vault.held import Held, agency_in, put_in
from conference.vault.keyfile import KeyFile, owner_key
from conference.vault.providers import Asked, Provider

if TYPE_CHECKING:
    from conference.vault.envelope import OpenKey


class Keyring(KeyFile):
    """The keys of one installation, wherever they are. Safe for many threads and several processes."""

    def __init__(self, path: Path, providers: Mapping[str, Provider] | None = None) -> None:
        super().__init__(path)
        self.held = Held(providers or {}, lambda agency: self.agency(*agency))
        self._agencies: dict[Agency, Keys] = {}
        self._reading: dict[Agency, Keys] = {}
        self._preferred: dict[Agency, str] = {}
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
        """Whether the holder of this agency's key does not give it. What it gave before is forgotten."""
        agency = Agency(partnership, owner)
        if not self.held.is_silent(agency):
            return False
        self._forget(agency)
        return True

    def probe(self, partnership: str, owner: str) -> bool:
        """Ask the holders whether they give each version of this agency's key. Forgets what they do not."""
        agency = Agency(partnership, owner)
        if self.held.probe(agency):
            return True
        self._forget(agency)
        return False

    @property
    def edition(self) -> bytes:
        """Another as soon as any key is destroyed, or given no more, or given again."""
        return super().edition + f"{self._turns} {self.held.turns}".encode()

    def remembered(self) -> dict[str, OpenKey]:
        """As for a key file; what a dark agency's key protects is not among them."""
        self._refresh()
        return self._unwrapped

    def is_destroyed(self, name: str) -> bool:
        """Whether there was a key `name`, wherever it was, that was taken away for good."""
        parts = agency_in(name)
        if parts is not None:
            return parts[1] in self.agency(*parts[0]).gone
        return super().is_destroyed(name)

    def destroy(self, name: str) -> None:
        """Take key `name` away for good, wherever it is. Raises NotAnswering."""
        parts = agency_in(name)
        if parts is not None and self.agency(*parts[0]).holders.get(parts[1], FILE) != FILE:
            keychanges.destroy_version(self, *parts[0], parts[1])
        else:
            super().destroy(name)

    # --- wrapping ---

    def wrap(self, name: str, plain: bytes, aad: bytes) -> bytes:
        """`plain` under key `name`, bound to `aad`. Works while the key is not given: nobody opens it then.

        Raises KeyMissing, KeyDestroyed; NotAnswering where there is no letterbox.
        """
        parts = agency_in(name)
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
                return self.held.wrap(agency, holder, name, plain, aad)
            except NotAnswering:
                self._forget(agency)
        if keys.box is None:
            raise KeyDestroyed(name) if version in keys.gone else NotAnswering(name)
        return put_in(keys.box, name, plain, aad)

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
            parts = agency_in(one.name)
            known = NO_KEYS if parts is None else self.agency(*parts[0])
            if parts is not None and (self.is_dark(*parts[0]) or parts[1] in known.gone):
                found[number] = KeyRevoked(one.name)
            elif parts is None or known.holders.get(parts[1], FILE) == FILE:
                found[number] = self._from_file(one)
            else:
                elsewhere[number] = one
        opened = self.held.unwrap(list(elsewhere.values()))
        for one, answer in zip(elsewhere.values(), opened, strict=True):
            if isinstance(answer, NotAnswering) and (parts := agency_in(one.name)) is not None:
                self._forget(parts[0])
        found.update(zip(elsewhere, opened, strict=True))
        return [found[number] for number in range(len(asked))]

    def current_version(self, partnership: str, owner: str) -> int:
        """The newest version of an owner's key, wherever it is, destroyed or not; 1 if there is none yet."""
        if owner == "directory":
            return super().current_version(partnership, owner)
        return self.agency(partnership, owner).newest

    def new_version(self, partnership: str, owner: str) -> int:
        """The next version of an owner's key, made by whoever holds the one before, or is preferred now.

        Raises ProviderWrong; KeyRevoked where the one before is not given.
        """
        current = self.current_version(partnership, owner)
        if self.is_dark(partnership, owner):
            raise KeyRevoked(owner_key(partnership, owner, current))
        before = self.agency(partnership, owner).holders.get(current, FILE)
        holder = self._preferred.pop(Agency(partnership, owner), before)
        if holder == before == FILE:
            return super().new_version(partnership, owner)
        return keychanges.hand_over(self, partnership, owner, holder)

    def prefer(self, partnership: str, owner: str, holder: str) -> None:
        """Let `holder` make this process's next new version of an agency's key. Raises ProviderWrong."""
        if holder != FILE and holder not in self.held.providers:
            known = ", ".join([FILE, *sorted(self.held.providers)])
            raise ProviderWrong(f"{holder} is not in the providers' file; known are {known}.")
        self._preferred[Agency(partnership, owner)] = holder

    def enter(self, lines: Callable[[], Sequence[bytes]]) -> None:
        """Add whole lines, made while nobody else changes the file."""
        with self._alone():
            self._append(b"".join(lines()))
            self._refresh()

    def _from_file(self, one: Asked) -> bytes | KeyMissing | NotSealedHere:
        try:
            return super().unwrap(*one)
        except (KeyMissing, NotSealedHere) as error:
            return error

    def _forget(self, agency: Agency) -> None:
        """Drop all that was unwrapped with this agency's key, also what somebody is just now unwrapping."""
        self.held.forget(agency)
        kept = list(
            self._unwrapped.items()
        )  # another dictionary, so that who has the old one adds to it in vain
        self._unwrapped = {one: key for one, key in kept if (key.info.partnership, key.info.owner) != agency}

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
