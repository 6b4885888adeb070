"""The one way of writing each thing: canonical JSON, base64, decimal numbers. All else is refused."""

import binascii
import json
import re
from typing import NoReturn

import rfc8785

from audit.errors import BadEncoding

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LARGEST = 2**63 - 1
_PLAIN = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: object) -> bytes:
    """`value` as RFC 8785 canonical JSON.

    Raises BadEncoding for what JSON cannot hold exactly (NaN, integers beyond 2^53, lone surrogates).
    """
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError) as error:
        raise BadEncoding(f"cannot be written as canonical JSON: {type(error).__name__}") from None


def canonical_plain(value: object) -> bytes:
    """The bytes of `canonical`, faster, for ASCII text, small integers, null, lists and objects of them.

    For those Python's own encoder writes what RFC 8785 asks for. Raises BadEncoding for text that is not
    ASCII.
    """
    text = _PLAIN.encode(value)
    if not text.isascii():
        raise BadEncoding("text is not ASCII")
    return text.encode("ascii")


def load_canonical(data: bytes, what: str) -> object:
    """The value of `data`, which must be its canonical JSON byte for byte; `what` names it in a fault.

    Fractions are refused: nothing in the log has one.
    """
    try:
        value: object = _DECODER.decode(data.decode("utf-8"))
        again = canonical_plain(value) if data.isascii() else canonical(value)
    except (ValueError, RecursionError, BadEncoding):
        raise BadEncoding(f"{what}: not canonical JSON") from None
    if again != data:
        raise BadEncoding(f"{what}: not canonical JSON")
    return value


def quoted(text: str | None) -> str:
    """`text`, in which there is nothing to escape, as JSON; null for None.

    Raises TypeError for what is no text.
    """
    return "null" if text is None else '"' + text + '"'


def to_base64(data: bytes) -> str:
    """`data` in standard base64 with padding (RFC 4648 section 4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def from_base64(text: str, what: str, length: int | None = None) -> bytes:
    """The bytes of canonical base64 `text`: padded, no stray bits, `length` bytes long if that is given."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (ValueError, binascii.Error):
        raise BadEncoding(f"{what}: not base64") from None
    if to_base64(data) != text:
        raise BadEncoding(f"{what}: base64 is not canonical")
    if length is not None and len(data) != length:
        raise BadEncoding(f"{what}: {len(data)} bytes, not {length}")
    return data


def from_decimal(text: str, what: str) -> int:
    """The number 0 to 2^63 - 1 that ASCII digits without leading zeros stand for."""
    if not _NUMBER.fullmatch(text) or int(text) > _LARGEST:
        raise BadEncoding(f"{what}: not a decimal number without leading zeros")
    return int(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(text[:20])


_DECODER = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse)
