"""JSON from bytes that anybody may have written, read strictly: UTF-8, no NaN, every failure named."""

import json
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

from consent.faults import ConsentError

Pairs = list[tuple[str, object]]


class NotJSON(ConsentError):
    """The text cannot be read as JSON."""


class Repeating(dict[str, object]):
    """A JSON object in which some keys are written more than once; the last value stands."""

    def __init__(self, pairs: Pairs) -> None:
        super().__init__(pairs)
        times = Counter(key for key, _ in pairs)
        self.repeated = sorted(key for key in times if times[key] > 1)


def note_repeats(pairs: Pairs) -> dict[str, object]:
    """An object that remembers which keys it has twice, for a reader who wants to name them."""
    plain = dict(pairs)
    return plain if len(plain) == len(pairs) else Repeating(pairs)


def refuse_repeats(pairs: Pairs) -> dict[str, object]:
    """An object that has each key once. Raises NotJSON otherwise."""
    plain = dict(pairs)
    if len(plain) != len(pairs):
        raise NotJSON("an object has a key twice")
    return plain


def read_json(text: str | bytes, objects: Callable[[Pairs], dict[str, object]] = refuse_repeats) -> object:
    """The value that `text` writes.

    objects: what makes an object of its keys and values.
    Raises NotJSON for whatever cannot be read: bad UTF-8, bad JSON, NaN, endless numbers, endless depth.
    """
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        value: object = json.loads(decoded, object_pairs_hook=objects, parse_constant=_refuse_constant)
    except UnicodeDecodeError as error:
        raise NotJSON(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise NotJSON(f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except ValueError:  # Python turns no more than some thousands of digits into a number
        raise NotJSON("a number has too many digits") from None
    except RecursionError:
        raise NotJSON("nested too deeply") from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise NotJSON(f"{name} is not JSON")
