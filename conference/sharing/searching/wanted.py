"""What somebody looks for: checked, and compared with what a field says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from conference.cases.finding import keeping
from conference.errors import BadInput
from conference.sharing.searching.scoring import ALIKE, alike
from conference.vault import index


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed to look for somebody; empty where nothing was. born: YYYY-MM-DD."""

    name: str = ""
    born: str = ""
    nhs: str = ""
    uprn: str = ""
    line: str = ""
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """One thing that is looked for: a number, a property, an address, or a name, perhaps with its birth."""

    kind: str
    text: str
    postcode: str = ""
    born: date | None = None

    def tokens(self, session: Session, partnership_id: str) -> list[bytes]:
        """What it would be found by exactly; nothing for a name without its date of birth."""
        keys = session.info["keys"]

        def make(version: int) -> bytes:
            if self.kind == "nhs":
                return index.nhs_number(keys, partnership_id, self.text, version=version)
            if self.kind == "uprn":
                return index.uprn(keys, partnership_id, self.text, version=version)
            if self.kind == "address":
                return index.address(keys, partnership_id, self.text, self.postcode, version=version)
            born = self.born or date.min
            return index.name_and_birth(keys, partnership_id, self.text, born, version=version)

        if self.kind == "name" and (self.born is None or not index.normalised_name(self.text)):
            return []
        return keeping.tokens_now(session, partnership_id, make)

    def fits(self, said: str, born: str | None) -> bool:
        """Whether a field says exactly this. An index row that somebody else wrote makes nobody a hit."""
        if self.kind == "nhs":
            return _digits(said) == _digits(self.text)
        if self.kind == "uprn":
            return self.text.strip().lstrip("0") in [one.lstrip("0") for one in index.uprns_in(said)]
        if self.kind == "address":
            lines, code = index.lines_of(said)
            same = index.normalised_line(self.text) in [index.normalised_line(line) for line in lines]
            return same and code.replace(" ", "") == self.postcode.upper().replace(" ", "")
        same = index.normalised_name(said) == index.normalised_name(self.text)
        return same and born is not None and index.birthday(born) == self.born

    def likeness(self, said: str, births: list[str]) -> float:
        """How alike a name is to this one; 0 where it is not, or belongs to somebody born at another time."""
        if self.kind != "name":
            return 0.0
        known = [day for day in map(index.birthday, births) if day is not None]
        if self.born is not None and known and not any(near(self.born, day) for day in known):
            return 0.0
        found = alike(self.text, said)
        return found if found >= ALIKE else 0.0


def sought(typed: Typed) -> Sought:
    """What is looked for: by number where one is typed, else by address, else by name. Raises BadInput."""
    if typed.nhs.strip():
        if not index.valid_nhs_number(typed.nhs):
            raise BadInput("Enter the 10 digits of an NHS number, like 943 476 5919.", "nhs")
        return Sought("nhs", typed.nhs)
    if typed.uprn.strip():
        bare = typed.uprn.replace(" ", "")
        if not (bare.isascii() and bare.isdigit() and len(bare) <= 12 and int(bare)):
            raise BadInput("Enter a UPRN of 1 to 12 digits, like 100012345678.", "uprn")
        return Sought("uprn", bare)
    if typed.line.strip() or typed.postcode.strip():
        return _address(typed)
    if not index.normalised_name(typed.name):
        raise BadInput("Enter a name, a number or an address.", "name")
    if typed.born.strip() and index.birthday(typed.born) is None:
        raise BadInput("Enter the date of birth.", "born")
    return Sought("name", typed.name, born=index.birthday(typed.born) if typed.born.strip() else None)


def near(one: date, other: date) -> bool:
    """Whether two dates of birth may be one: at most one part differs, or day and month are turned."""
    parts, others = (one.year, one.month, one.day), (other.year, other.month, other.day)
    turned = one.year == other.year and one.month == other.day and one.day == other.month
    return turned or sum(a != b for a, b in zip(parts, others, strict=True)) <= 1


def _address(typed: Typed) -> Sought:
    if not index.normalised_line(typed.line):
        raise BadInput("Enter the first line of the address.", "line")
    lines, code = index.lines_of(f"x, {typed.postcode}")
    if not lines:
        raise BadInput("Enter a full postcode, like LS1 4ZZ.", "postcode")
    return Sought("address", typed.line, postcode=code)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
