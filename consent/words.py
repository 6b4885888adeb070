"""The words that policies and requests are made of, and how a class covers another."""

from typing import TypeGuard


def is_word(value: object) -> TypeGuard[str]:
    """Whether `value` is a non-empty string that can be written in UTF-8 (no lone surrogate)."""
    if not isinstance(value, str) or value == "":
        return False
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def names_above(name: str) -> frozenset[str]:
    """The class names that cover class `name`: its own and each dotted beginning."""
    parts = name.split(".")
    return frozenset(".".join(parts[:count]) for count in range(1, len(parts) + 1))
