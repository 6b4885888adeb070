"""What is kept how long: kinds of information, and what their years count from. No year is shipped.

Controllers differ, and no period was verified for all of them; so nothing is due until an agency's own
information governance officer has set its years.
Source: domain reference, section 8.
"""

from __future__ import annotations

from enum import StrEnum

from conference.sharing import catalogue

MOST_YEARS = 150


class Trigger(StrEnum):
    """What the years count from."""

    CASE_LAPSE = "case-lapse"
    LAST_CONTACT = "last-contact"
    RECORD_MADE = "record-made"
    BIRTHDAY_18 = "18th-birthday"
    BIRTHDAY_25 = "25th-birthday"
    DEATH = "death"

    @property
    def words(self) -> str:
        """As people read it, after `so many years after`."""
        return _WORDS[self]


_WORDS = {
    Trigger.CASE_LAPSE: "the case was last heard",
    Trigger.LAST_CONTACT: "our last record about the person",
    Trigger.RECORD_MADE: "the record was made",
    Trigger.BIRTHDAY_18: "the person's 18th birthday",
    Trigger.BIRTHDAY_25: "the person's 25th birthday",
    Trigger.DEATH: "the person's death",
}

OTHER = "other"
"""What is of no kind below."""

KINDS: dict[str, Trigger] = {
    "identity": Trigger.CASE_LAPSE,
    "contact": Trigger.CASE_LAPSE,
    "wishes": Trigger.CASE_LAPSE,
    "dash": Trigger.CASE_LAPSE,
    "safety": Trigger.CASE_LAPSE,
    "offending": Trigger.LAST_CONTACT,
    "intelligence": Trigger.LAST_CONTACT,
    "family": Trigger.BIRTHDAY_25,
    "health": Trigger.LAST_CONTACT,
    "care": Trigger.LAST_CONTACT,
    "tenancy": Trigger.LAST_CONTACT,
    "asb": Trigger.LAST_CONTACT,
    "immigration": Trigger.CASE_LAPSE,
    "equality": Trigger.CASE_LAPSE,
    "adoption": Trigger.BIRTHDAY_25,
    "witness-protection": Trigger.DEATH,
    "court": Trigger.CASE_LAPSE,
    OTHER: Trigger.RECORD_MADE,
}


def kind_of(class_name: str) -> str:
    """The kind that a class of the policy belongs to."""
    first = class_name.partition(".")[0]
    return first if first in KINDS else OTHER


def label(kind: str) -> str:
    """What people call it."""
    return "Other information" if kind == OTHER else catalogue.label(kind)
