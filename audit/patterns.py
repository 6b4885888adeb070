"""Items, bodies and leaves in their canonical form, each as one pattern.

What fits is canonical JSON and all that `shape` asks of it, but for what is said beside each. What does not
fit is to be decoded and checked the long way, which says what is wrong.
"""

import re
from functools import lru_cache

from audit.names import EventName
from audit.shape import DIGEST, HASH, KIND, MOMENT, POWER, RANDOM, WITH_VALUE, WITHOUT_VALUE, WORD, a_moment


def _text(*patterns: str) -> str:
    return f'"(?:{"|".join(patterns)})"'


def _or_null(*patterns: str) -> str:
    return f"(?:null|{_text(*patterns)})"


def _id(kind: str) -> str:
    return f"{kind}_{RANDOM}"


_WORD, _WORD_OR_NULL = _text(WORD), _or_null(WORD)
_MARK = rf'(?:,"mark":{_WORD})'


@lru_cache(maxsize=64)
def item_pattern(people: int, marks: int) -> re.Pattern[str]:
    """What an item fits, if its people are different.

    people, marks: how many it has (marks: 0 or 1), so that no text in it passes for one more.
    """
    between = f',"condition":{_WORD_OR_NULL},"consent":{_WORD_OR_NULL},"field":'
    shown = f"{_or_null(HASH)}{between}{_text(_id('fld'))}," + f'"level":{_text(*WITH_VALUE)}'
    not_shown = f"null{between}{_or_null(_id('fld'))}," + f'"level":{_text(*WITHOUT_VALUE)}'
    return re.compile(
        rf'\{{"agreement":{_WORD_OR_NULL},"basis":{_WORD_OR_NULL},"class":{_WORD},'
        rf'"commitment":(?:{shown}|{not_shown}){_MARK * marks},"override":{_WORD_OR_NULL},"owner":{_WORD},'
        rf'"power":{_or_null(POWER)},"rule":{_WORD_OR_NULL},'
        rf'"subjects":\[{",".join([_text(_id("per"))] * people)}\]\}}',
        re.ASCII,
    )


@lru_cache(maxsize=2)
def body_pattern(marks: int) -> re.Pattern[str]:
    """What a body fits that has no items and is about nothing, if its moment is real. marks: as above."""
    names = [re.escape(name.value) for name in EventName]
    return re.compile(
        rf'\{{"actor":{_or_null(_id(KIND))},"agency":{_WORD_OR_NULL},"at":{_text(MOMENT)},'
        rf'"case":{_or_null(_id("cas"))},"channel":{_WORD},"event":{_text(*names)},"id":{_text(_id("evt"))},'
        rf'"items":\[\]{_MARK * marks},"meeting":{_or_null(_id("mtg"))},'
        rf'"on_behalf_of":{_or_null(_id("stf"), WORD)},"policy":{_or_null(DIGEST)},"purpose":{_WORD_OR_NULL},'
        rf'"request":{_or_null(_id("req"))},"v":1\}}',
        re.ASCII,
    )


_LEAF = re.compile(
    rf'\{{"at":"({MOMENT})","id":"({_id("evt")})","parts":\[((?:"{HASH}"(?:,"{HASH}")*)?)\],'
    rf'"roster":"({WORD})","v":1\}}',
    re.ASCII,
)


def plain_leaf(leaf: bytes) -> dict[str, object] | None:
    """What `check_leaf` gives for the value of `leaf`, if it is canonical JSON without anything special.

    None if it may not be: then it is to be decoded and checked.
    """
    found = _LEAF.fullmatch(leaf.decode("ascii")) if leaf.isascii() else None
    if found is None or not a_moment(found[1]):
        return None
    at, name, parts, roster = found.groups()
    hashes = parts[1:-1].split('","') if parts else []
    return {"v": 1, "id": name, "at": at, "roster": roster, "parts": hashes}
