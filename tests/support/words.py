"""Looking for words of persons in a text that also holds random tokens.

A nonce or a form's token can hold the four digits of a year by chance; it never holds them as a word.
"""

import re
from collections.abc import Iterable
from functools import cache


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    return re.compile(rf"(?<![0-9A-Za-z])(?:{alternatives})(?![0-9A-Za-z])")


def words_in(text: str | bytes, words: Iterable[str]) -> list[str]:
    """Those of `words` that stand in `text` (UTF-8 where it is bytes) as whole words, in the text's order."""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return _pattern(tuple(words)).findall(said)
