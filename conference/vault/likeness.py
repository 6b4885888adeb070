"""Find a name that is nearly the same, through lists that say nothing to whoever has no key.

A name is taken apart into *grams* (three signs in a row of each word) and *pairs* (a whole word, or a form of
it, with an end of another; an end of each of two). Each has a list of the names that hold it. A list is
kept in blocks of one size, sealed, under labels that are all different: a reader of the database learns how
many blocks there are, and not which gram is how frequent, nor which names are alike.

One key a partnership and version; from it each owner's own, so that one agency's lists are not another's.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import struct
import sys
import unicodedata
import zlib
from array import array
from collections.abc import Iterable, Sequence
from itertools import combinations, permutations
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from conference.ids import random_bytes
from conference.vault.gramfrequency import per_mille
from conference.vault.index import normalised_name
from conference.vault.nicknames import stands_for

SLOTS = 30
BUCKETS = 1 << 16
MOST_WORDS = 6
LEAST_LETTERS = 5
MOST_BLOCKS = 1 << 20

_FORMAT = b"\x01"
_NONCE_BYTES = 12
_BLOCK = struct.Struct(f">{SLOTS + 1}Q")
_LENGTH_BYTES = 8
_PLAIN_SIGNS = str.maketrans({"\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u00e6": "ae", "\u0153": "oe"})
_ASCII = {code: None for code in range(128) if not chr(code).isalnum() and not chr(code).isspace()} | {
    45: " "
}

_OFTEN = 40  # per mille of names that the grams of one search may be expected in, all together
_FEWEST = 6
_WORD_WEIGHT = 6.0
_ENDS_WEIGHT = 5.0


class Wanted(NamedTuple):
    """A list to look into, and how much it says that a name is in it."""

    token: str
    weight: float


class Block(NamedTuple):
    """Part of a list.

    length: of how many blocks the list is; said in the first alone.
    ids: of fields, each as `short_id` makes it; 0 where a slot is free.
    """

    length: int
    ids: tuple[int, ...]


def short_id(field_id: str) -> int:
    """Of the random part of a field's id as much as tells it from all others: some 60 bits."""
    return int(field_id[4:16], 36)


def words_of(name: str) -> list[str]:
    """The words of a name as they are compared: without case, accents, punctuation; the first six."""
    if name.isascii():  # most are
        return name.lower().translate(_ASCII).split()[:MOST_WORDS]
    plain = normalised_name(name).translate(_PLAIN_SIGNS)
    kept = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))
    return kept.split()[:MOST_WORDS]


def indexed_tokens(name: str) -> list[str]:
    """The lists that a name is put on. None for a single word, or a few letters: too many would bear it."""
    words = words_of(name)
    if len(words) < 2 or sum(map(len, words)) < LEAST_LETTERS:
        return []
    return [*_grams(words), *(_bucket(pair) for pair in whole_words_of(words) | ends_of(words))]


def wanted_tokens(name: str) -> list[Wanted]:
    """The lists to look into for what somebody typed: which, rests on that alone, not on what is stored."""
    words = words_of(name)
    wanted: list[Wanted] = []
    expected = 0.0
    for gram in sorted(_grams(words), key=lambda gram: (per_mille(gram), gram)):
        expected += per_mille(gram)
        if len(wanted) >= _FEWEST and expected > _OFTEN:
            break
        wanted.append(Wanted(gram, math.log(1000.0 / per_mille(gram))))
    wanted += [Wanted(_bucket(pair), _WORD_WEIGHT) for pair in sorted(whole_words_of(words))]
    wanted += [Wanted(_bucket(pair), _ENDS_WEIGHT) for pair in sorted(ends_of(words))]
    return wanted


class Lists:
    """The keys of one owner's lists in one version."""

    def __init__(self, key: bytes, partnership: str, owner: str) -> None:
        bound = f"{partnership}\n{owner}".encode()
        self._labels = HMAC(hmac.digest(key, b"labels\n" + bound, hashlib.sha256), SHA256())
        self._cipher = AESGCM(hmac.digest(key, b"blocks\n" + bound, hashlib.sha256))
        self._bound = bound

    def label(self, token: str, number: int) -> int:
        """Where block `number` (from 0) of a list is kept: 63 bits that nobody guesses without the key."""
        keyed = self._labels.copy()  # the key is worked in already
        keyed.update(f"{number}\n{token}".encode())
        return int.from_bytes(keyed.finalize()[:8], "big") >> 1

    def seal(self, label: int, block: Block) -> bytes:
        """A block as it is stored, always as long."""
        return self._seal(
            b"block\n%d\n" % label, _BLOCK.pack(block.length, *block.ids, *[0] * (SLOTS - len(block.ids)))
        )

    def open(self, label: int, sealed: bytes) -> Block | None:
        """The block, or nothing where it is not what was stored there: a spoilt index only finds less."""
        plain = self.open_packed(label, sealed)
        if plain is None:
            return None
        length, *ids = _BLOCK.unpack(plain)
        return Block(min(length, MOST_BLOCKS), tuple(ids))

    def open_packed(self, label: int, sealed: bytes) -> bytes | None:
        """As `open`, left as it is stored: for `length_of` and `ids_of`, which take many apart at once."""
        plain = self._open(b"block\n%d\n" % label, sealed)
        return plain if plain is not None and len(plain) == _BLOCK.size else None

    def seal_places(self, field_id: str, labels: Sequence[int]) -> bytes:
        """Which blocks a name is in, so that it can be taken out again; in eights: they tell less of it."""
        padded = [*labels, *[0] * (-len(labels) % 8)]
        return self._seal(b"places\n" + field_id.encode(), struct.pack(f">{len(padded)}Q", *padded))

    def open_places(self, field_id: str, sealed: bytes) -> list[int]:
        """The blocks that a name is in."""
        plain = self._open(b"places\n" + field_id.encode(), sealed) or b""
        return [label for (label,) in struct.iter_unpack(">Q", plain) if label]

    def _seal(self, place: bytes, plain: bytes) -> bytes:
        nonce = random_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, plain, place + self._bound)

    def _open(self, place: bytes, sealed: bytes) -> bytes | None:
        try:
            return self._cipher.decrypt(
                sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :], place + self._bound
            )
        except (InvalidTag, ValueError):
            return None


def length_of(packed: bytes) -> int:
    """Of how many blocks the list is that this block is the first of."""
    return min(int.from_bytes(packed[:_LENGTH_BYTES], "big"), MOST_BLOCKS)


def ids_of(packed: Iterable[bytes]) -> array[int]:
    """The ids in all these blocks, one after the other; 0 where a slot is free."""
    ids = array("Q", b"".join([one[_LENGTH_BYTES:] for one in packed]))
    if sys.byteorder == "little":
        ids.byteswap()
    return ids


def _grams(words: Iterable[str]) -> list[str]:
    found = {}
    for word in words:
        edged = f"^{word}$"
        found.update(dict.fromkeys(edged[at : at + 3] for at in range(len(edged) - 2)))
    return list(found)


def whole_words_of(words: Sequence[str]) -> set[str]:
    """Each word, and each name it is a form of, with how another begins and how it ends.

    Letters are put in order, so that two in the wrong order change nothing.
    """
    found = set()
    for one, other in permutations(words, 2):
        for known in (_ordered(one), *(f"={name}" for name in stands_for(one))):
            found |= {f"{known}|{other[0]}", f"{known}|{_ordered(other[-2:])}$"}
    return found


def ends_of(words: Sequence[str]) -> set[str]:
    """An end of one word with an end of another."""
    found = set()
    for one, other in combinations(words, 2):
        for first in (f"^{_ordered(one[:2])}", f"{_ordered(one[-2:])}$"):
            for second in (f"^{_ordered(other[:2])}", f"{_ordered(other[-2:])}$"):
                found.add("&".join(sorted((first, second))))
    return found


def _ordered(letters: str) -> str:
    return "".join(sorted(letters))


def _bucket(pair: str) -> str:
    """Pairs are many, so that several share a list."""
    return f"#{zlib.crc32(pair.encode()) % BUCKETS}"
