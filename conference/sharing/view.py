"""What a viewer gets: values made of what was permitted, and of nothing else. Pages are built from these."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from conference.sharing import catalogue
from conference.sharing.files.document import Document

Level = Literal["own", "full", "summary", "presence"]


@dataclass(frozen=True, slots=True)
class Why:
    """By what right a row is shown, in the engine's terms."""

    rule: str | None = None
    basis: str | None = None
    condition: str | None = None
    power: str | None = None
    agreement: str | None = None
    consent: str | None = None
    override: str | None = None

    def sentence(self, level: Level) -> str:
        """The right in plain words."""
        if level == "own":
            return "Your agency's own record."
        parts = [catalogue.BASES.get(self.basis or "", self.basis or "")]
        if self.power:
            parts.append(self.power)
        if self.agreement:
            parts.append(f"agreement {self.agreement}")
        return "; ".join(part for part in parts if part) + "."


@dataclass(frozen=True, slots=True)
class Row:
    """One line about somebody, as far as this viewer may see it.

    text: the value or the summary; None at presence, where nothing but the class is said.
    offered, version, withheld_reason, record_id: only for the viewer's own agency's fields.
    has_document: whether there is a document that this viewer may open.   document: the part asked for.
    """

    level: Level
    owner: str
    owner_name: str
    person_id: str
    class_name: str
    field_id: str | None = None
    text: str | None = None
    relevance: str | None = None
    source: str | None = None
    kind: str | None = None
    recorded_on: date | None = None
    why: Why = Why()
    about: tuple[str, ...] = ()
    offered: str | None = None
    withheld_reason: str | None = None
    record_type: str | None = None
    summary: str | None = None
    has_document: bool = False
    document: Document | None = None
    case_id: str | None = None

    @property
    def label(self) -> str:
        """What this line is about, in words."""
        return catalogue.label(self.class_name)

    @property
    def is_safe_contact(self) -> bool:
        """Whether it must be framed twice: only its readers ever have such a row."""
        return self.class_name in catalogue.SAFE_CONTACT

    @property
    def reason(self) -> str:
        """Why it is shown, in words."""
        return self.why.sentence(self.level)


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody in a case, as far as this viewer may know of them."""

    person_id: str
    role: str
    rows: tuple[Row, ...]
    today: date

    @property
    def role_label(self) -> str:
        """Victim, child, alleged perpetrator, another person."""
        return catalogue.PERSON_ROLES[self.role]

    @property
    def name(self) -> str | None:
        """The name that is shown; None where none is."""
        return self._first("identity.name")

    @property
    def born(self) -> date | None:
        """The date of birth where it is shown in full."""
        try:
            return date.fromisoformat((self._first("identity.dob") or "").strip())
        except ValueError:
            return None

    @property
    def born_words(self) -> str | None:
        """`born 3 March 1992`, or at summary `born 1992`."""
        born = self.born
        if born is not None:
            return f"born {born.day} {born:%B} {born.year}"
        return self._first("identity.dob", levels=("summary",))

    @property
    def age(self) -> str | None:
        """`34`; under two years `14 months`; None where the date of birth is not shown in full."""
        born = self.born
        if born is None:
            return None
        months = (
            (self.today.year - born.year) * 12 + self.today.month - born.month - (self.today.day < born.day)
        )
        return f"{months} months" if months < 24 else str(months // 12)

    @property
    def heading(self) -> str:
        """`Maria Kowalczyk, 34`, or their role where no name is shown."""
        if self.name is None:
            return self.role_label
        return f"{self.name}, {self.age}" if self.age is not None else self.name

    def _first(self, class_name: str, levels: tuple[str, ...] = ("own", "full")) -> str | None:
        return next((r.text for r in self.rows if r.class_name == class_name and r.level in levels), None)


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as one viewer may see it."""

    case_id: str
    reference: str
    purpose: str
    people: tuple[PersonView, ...]
    at: datetime

    @property
    def purpose_words(self) -> str:
        """`to prevent serious harm`."""
        return catalogue.PURPOSES.get(self.purpose, "for the purpose of this conference")

    @property
    def rows(self) -> list[Row]:
        """Every line, person by person."""
        return [row for person in self.people for row in person.rows]

    @property
    def victim(self) -> PersonView | None:
        """The person at risk, where anything of them is shown."""
        return next((person for person in self.people if person.role == "victim"), None)

    @property
    def heading(self) -> str:
        """The name and age of the person at risk; the reference where no name is shown."""
        victim = self.victim
        return victim.heading if victim is not None and victim.name is not None else self.reference

    def of_class(self, *names: str) -> list[Row]:
        """The lines of these classes and what is below them."""
        prefixes = tuple(f"{name}." for name in names)
        return [row for row in self.rows if row.class_name in names or row.class_name.startswith(prefixes)]

    def by_owner(self) -> list[tuple[str, list[Row]]]:
        """The lines by agency, as (its name, lines): the viewer's own first, then A to Z; none without."""
        owners: dict[str, list[Row]] = {}
        for row in sorted(self.rows, key=lambda row: (row.level != "own", row.owner_name)):
            owners.setdefault(row.owner_name, []).append(row)
        return list(owners.items())

    def row(self, field_id: str) -> Row | None:
        """The line of one field, where it is shown."""
        return next((row for row in self.rows if row.field_id == field_id), None)
