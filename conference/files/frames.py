"""How two processes hand each other parts: a count, then each part after its length."""

from __future__ import annotations

from collections.abc import Sequence

_NUMBER = 8


class BadFrames(Exception):
    """The other side did not send whole parts."""


def packed(parts: Sequence[bytes]) -> bytes:
    """Parts as one piece."""
    return _number(len(parts)) + b"".join(_number(len(part)) + part for part in parts)


def unpacked(whole: bytes) -> list[bytes]:
    """What `packed` packed. Raises BadFrames."""
    count, at = _read(whole, 0), _NUMBER
    parts = []
    for _ in range(count):
        length = _read(whole, at)
        at += _NUMBER
        if at + length > len(whole):
            raise BadFrames
        parts.append(whole[at : at + length])
        at += length
    if at != len(whole):
        raise BadFrames
    return parts


def _number(value: int) -> bytes:
    return value.to_bytes(_NUMBER, "big")


def _read(whole: bytes, at: int) -> int:
    if at + _NUMBER > len(whole):
        raise BadFrames
    return int.from_bytes(whole[at : at + _NUMBER], "big")
