"""Signed notes and the keys that sign and verify them. Source: C2SP signed-note."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.encoding import from_base64, to_base64
from audit.errors import BadEncoding, BadNote

ED25519 = 0x01
COSIGNATURE = 0x04
NOTE_LIMIT = 1_000_000
SIGNATURES_LIMIT = 256
KEY_ID_BYTES = 4
_DASH = "\N{EM DASH} "
_KEY_ID = re.compile(r"[0-9a-f]{8}", re.ASCII)


class Signature(NamedTuple):
    """One signature line of a note: whose, and what comes after the key id."""

    name: str
    key_id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note, with its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name and the kind of its signatures: ED25519, COSIGNATURE, or one unknown."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        """Refuse a name that no note can hold, and an Ed25519 key that is not 32 bytes."""
        check_name(self.name)
        if not 0 <= self.kind <= 255 or not self.public:
            raise BadNote("key: no public key")
        if self.kind in (ED25519, COSIGNATURE) and len(self.public) != 32:
            raise BadNote("key: an Ed25519 public key has 32 bytes")

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ 0x0A ‖ kind ‖ public key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[
            :KEY_ID_BYTES
        ]

    def __str__(self) -> str:
        """The key as text: `name+hex(key id)+base64(kind ‖ public key)`."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The key that `text` stands for. Raises BadNote unless it is exactly what `str` writes."""
        name, *rest = text.split("+", 2)
        if len(rest) != 2 or not _KEY_ID.fullmatch(rest[0]):
            raise BadNote("verifier key: not name+hex+base64")
        try:
            material = from_base64(rest[1], "verifier key")
        except BadEncoding as error:
            raise BadNote(str(error)) from None
        if not material:
            raise BadNote("verifier key: no public key")
        key = cls(name, material[0], material[1:])
        if key.key_id.hex() != rest[0]:
            raise BadNote("verifier key: its id does not fit name and public key")
        return key

    def owns(self, signature: Signature) -> bool:
        """Whether `signature` claims to be this key's."""
        return signature.name == self.name and signature.key_id == self.key_id

    def verify(self, message: bytes, signature: bytes) -> None:
        """Raise BadNote unless `signature` is this Ed25519 key's over `message`."""
        if self.kind not in (ED25519, COSIGNATURE):
            raise BadNote(f"key {self.name!a}: signature type 0x{self.kind:02x} is not supported")
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise BadNote(f"signature of {self.name!a} does not verify") from None


class SigningKey:
    """A name and the Ed25519 seed that signs for it. Never shows the seed."""

    def __init__(self, name: str, seed: bytes, kind: int = ED25519) -> None:
        """name: the log's origin or the witness's name; seed: 32 bytes; kind: ED25519 or COSIGNATURE."""
        if len(seed) != 32 or kind not in (ED25519, COSIGNATURE):
            raise BadNote("signing key: needs a seed of 32 bytes and a known kind")
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        """Who signs."""
        return self.verifier.name

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        """The public side only."""
        return f"SigningKey({self.verifier})"


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signatures, not yet verified."""

    text: str
    signatures: tuple[Signature, ...]

    def __bytes__(self) -> bytes:
        """The note as it is stored and sent."""
        return (self.text + "\n" + "".join(signature.line for signature in self.signatures)).encode()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """The note in `data`. Raises BadNote for anything but the exact form of a signed note."""
        if len(data) > NOTE_LIMIT:
            raise BadNote(f"note: more than {NOTE_LIMIT} bytes")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError:
            raise BadNote("note: not UTF-8") from None
        if any(character < " " and character != "\n" for character in whole):
            raise BadNote("note: a control character")
        text, between, lines = whole.rpartition("\n\n")
        if not between or not lines.endswith("\n"):
            raise BadNote("note: no text, empty line and signatures")
        signed = lines[:-1].split("\n")
        if len(signed) > SIGNATURES_LIMIT:
            raise BadNote(f"note: more than {SIGNATURES_LIMIT} signatures")
        return cls(text + "\n", tuple(parse_signature(line) for line in signed))

    def verify(self, key: VerifierKey) -> None:
        """Raise BadNote unless `key` signed, and every signature that claims to be its is.

        Others are ignored.
        """
        own = [signature for signature in self.signatures if key.owns(signature)]
        if not own:
            raise BadNote(f"note: no signature of {self_name(key)!a}")
        for signature in own:
            key.verify(self.text.encode(), signature.blob)


def self_name(key: VerifierKey) -> str:
    """How a fault names a key."""
    return f"{key.name}+{key.key_id.hex()}"


def sign_note(text: str, keys: Sequence[SigningKey]) -> Note:
    """A note of `text`, which must end in a newline, signed by each of `keys`."""
    if not text.endswith("\n") or any(character < " " and character != "\n" for character in text):
        raise BadNote("note: text must end in a newline and hold no other control character")
    message = text.encode()
    return Note(text, tuple(Signature(key.name, key.verifier.key_id, key.sign(message)) for key in keys))


def parse_signature(line: str) -> Signature:
    """One signature line, without its newline."""
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise BadNote("note: not a signature line")
    check_name(name)
    try:
        blob = from_base64(encoded, "signature")
    except BadEncoding as error:
        raise BadNote(str(error)) from None
    if len(blob) <= KEY_ID_BYTES:
        raise BadNote("note: an empty signature")
    return Signature(name, blob[:KEY_ID_BYTES], blob[KEY_ID_BYTES:])


def check_name(name: str) -> None:
    """Raise BadNote unless `name` can stand in a signature line: no space, plus or control sign."""
    if not name or "+" in name or any(character.isspace() or character < " " for character in name):
        raise BadNote("key name: empty, or with a space or plus")
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise BadNote("key name: not text")
