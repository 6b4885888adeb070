"""Invented people for the bench of searching, with names about as frequent as they are.

A quarter of the surnames and four fifths of the given names are common ones of England and Wales, of Polish
and of South Asian descent, each about as often as it is borne (John Smith some 20 times in 100,000); the
others are put together of syllables. Nobody is meant.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

_SURNAMES = """
smith jones williams taylor brown davies evans wilson thomas johnson roberts lewis walker robinson wood
thompson white watson jackson wright green harris cooper king lee martin clarke james morgan hughes edwards
hill moore patel khan singh ahmed hussain ali begum kaur shah kowalski nowak kowalczyk wisniewski kaminski
murphy kelly oconnor campbell stewart macdonald anderson scott reid murray mitchell young morris hall ward
turner phillips
""".split()
_GIVEN = """
david john michael paul andrew peter james robert mark stephen william richard anthony christopher thomas
daniel matthew joshua jack oliver harry george susan margaret patricia christine mary jennifer elizabeth
sarah linda karen helen emma claire rebecca laura jessica charlotte amy sophie emily olivia chloe hannah
mohammed ali ahmed fatima aisha maryam zainab priya anita agnieszka katarzyna anna maria piotr krzysztof
tomasz jan catherine jane
""".split()
_SYLLABLES = """
ba be bo bri ca ce cho da de do dra el en fa fi ga ge gra ha he hol i ja ke ki la le li ma me mi mo na ne ni
no o pa pe po ra re ri ro sa se sha sto ta te thor ti to va ve wa we win ya za
""".split()
_ENDS = "s n son ton ley ford well man ham er ski wicz ez u ova dle ck th".split()
_SURNAME_SHARES = [1.1 / (1 + rank * 0.2) for rank in range(len(_SURNAMES))]
_GIVEN_SHARES = [2.0 / (1 + rank * 0.04) for rank in range(len(_GIVEN))]
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHORT = {
    "elizabeth": "liz", "william": "bill", "margaret": "peggy", "catherine": "kate", "robert": "bob",
    "katarzyna": "kasia", "mohammed": "muhammad", "christopher": "chris", "richard": "rick", "james": "jim",
    "thomas": "tom", "michael": "mick", "patricia": "trish", "rebecca": "becky", "jennifer": "jen",
}  # fmt: skip


def name(chance: random.Random) -> str:
    """A given name and a surname; one in twenty has two."""
    surname = _surname(chance)
    if chance.random() < 0.05:
        surname += f" {_surname(chance)}"
    return f"{_given(chance)} {surname}"


def born(chance: random.Random) -> date:
    """A day between 1930 and 2020."""
    return date(1930, 1, 1) + timedelta(days=chance.randrange(90 * 365))


def _surname(chance: random.Random) -> str:
    if chance.random() < 0.25:
        return chance.choices(_SURNAMES, _SURNAME_SHARES)[0]
    return "".join(chance.choices(_SYLLABLES, k=chance.choice((1, 2, 2, 2, 3)))) + chance.choice(_ENDS)


def _given(chance: random.Random) -> str:
    if chance.random() < 0.8:
        return chance.choices(_GIVEN, _GIVEN_SHARES)[0]
    return "".join(chance.choices(_SYLLABLES, k=chance.choice((2, 3))))


def _edit(chance: random.Random, word: str) -> str:
    """One letter more, less, another, or two in the wrong order."""
    at, kind = chance.randrange(len(word)), chance.randrange(4)
    if kind == 0 or len(word) < 3:
        return word[:at] + chance.choice(_LETTERS) + word[at:]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2 or at + 1 == len(word):
        return word[:at] + chance.choice(_LETTERS) + word[at + 1 :]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _edited(chance: random.Random, of: str) -> str:
    words = of.split()
    at = chance.randrange(len(words))
    words[at] = _edit(chance, words[at])
    return " ".join(words)


def _turned(_chance: random.Random, of: str) -> str:
    first, *rest = of.split()
    return " ".join([*rest, first])


def _short(_chance: random.Random, of: str) -> str:
    first, *rest = of.split()
    return " ".join([_SHORT.get(first, first), *rest])


def _family_edited(chance: random.Random, of: str) -> str:
    first, family, *rest = of.split()
    return " ".join([first, _edit(chance, family), *rest])


Spoil = Callable[[random.Random, str], str]
SPOILT: dict[str, Spoil] = {
    "one edit": _edited,
    "two edits": lambda chance, of: _edited(chance, _edited(chance, of)),
    "given and family name turned round": _turned,
    "turned round, and one edit": lambda chance, of: _edited(chance, _turned(chance, of)),
    "short for the given name": _short,
    "short for it, the family name with one edit": lambda chance, of: _family_edited(
        chance, _short(chance, of)
    ),
}


def has_short_form(of: str) -> bool:
    """Whether this name has a short one here."""
    return of.split(maxsplit=1)[0] in _SHORT
