"""What panel members type. What is missing is said here, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    Field,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from conference.cases.services import LONGEST_TEXT
from conference.forms import DateParts, choices
from conference.sharing import catalogue
from conference.sharing.research import Typed
from conference.sharing.view import PersonView, Row

OFFERS = {
    "none": "Do not offer",
    "presence": "Say only that we hold something",
    "summary": "Offer a summary",
    "full": "Offer in full",
}
NOT_TOO_LONG = Length(max=LONGEST_TEXT, message=f"Use {LONGEST_TEXT:,} characters or fewer.")


class ReasonForm(FlaskForm):
    """Why somebody who is not assigned needs a case."""

    reason = TextAreaField("Why do you need it?", validators=[NOT_TOO_LONG])


class FindForm(FlaskForm):
    """A name, perhaps with a date of birth, or an address, or a number."""

    name = StringField("Full name")
    born = DateParts("Date of birth")
    line = StringField("First line of the address")
    postcode = StringField("Postcode")
    nhs = StringField("NHS number")
    uprn = StringField("Property number (UPRN)")
    reference = StringField("Reference")


class ConfirmForm(FlaskForm):
    """Nothing but the proof that our own page sent it."""


class FieldForm(FlaskForm):
    """One field of an agency's own record, and how far it is offered."""

    value = TextAreaField("What your record says", validators=[NOT_TOO_LONG])
    kind = RadioField(
        "Is it fact or opinion?",
        choices=choices([("fact", "Fact"), ("opinion", "Opinion")]),
        default="fact",
        validate_choice=False,
    )
    source = StringField("Source", validators=[NOT_TOO_LONG])
    recorded_on = DateParts("Date of the record")
    offered = RadioField(
        "Offer to the table", choices=choices(OFFERS.items()), default="none", validate_choice=False
    )
    summary = TextAreaField("Summary", validators=[NOT_TOO_LONG])
    relevance = TextAreaField("Why it matters", validators=[NOT_TOO_LONG])
    withheld_reason = TextAreaField("Why not offered (stays in your agency)", validators=[NOT_TOO_LONG])

    def begin_with(self, row: Row) -> None:
        """Show what is recorded now."""
        parts: dict[str, Any] = {
            "value": row.text,
            "kind": row.kind,
            "source": row.source,
            "recorded_on": row.recorded_on,
            "offered": row.offered,
            "summary": row.summary,
            "relevance": row.relevance,
            "withheld_reason": row.withheld_reason,
        }
        self.process(formdata=None, data=parts)

    def typed(self, class_name: str) -> Typed:
        """What was typed, for the service."""
        return Typed(
            class_name=class_name,
            value=self.value.data or "",
            kind=self.kind.data or "",
            source=self.source.data or "",
            summary=self.summary.data or "",
            relevance=self.relevance.data or "",
            recorded_on=self.recorded_on.data,
            offered=self.offered.data or "",
            withheld_reason=self.withheld_reason.data or "",
        )

    def validate_value(self, field: StringField) -> None:
        """There is something to record, and a date of birth is a date."""
        if not (field.data or "").strip():
            raise ValidationError("Enter what you want to record.")
        if self.of_class() == "identity.dob" and not _is_date(field.data):
            raise ValidationError("Enter the date of birth as year-month-day, like 1992-03-03.")

    def validate_kind(self, field: RadioField) -> None:
        """Fact or opinion."""
        if field.data not in {"fact", "opinion"}:
            raise ValidationError("Choose fact or opinion.")

    def validate_offered(self, field: RadioField) -> None:
        """One of the four."""
        if field.data not in OFFERS:
            raise ValidationError("Choose how far to offer this.")

    def validate_summary(self, field: StringField) -> None:
        """What is offered as a summary has one."""
        if self.offered.data == "summary" and not (field.data or "").strip():
            raise ValidationError("Write the summary, or choose another level.")

    def of_class(self) -> str:
        """The class of what is recorded."""
        return self.known_class

    known_class = ""


class NewFieldForm(FieldForm):
    """A field that is new: what it is, and about whom."""

    class_name = SelectField("What is it?", validate_choice=False)
    about = SelectMultipleField(
        "Who is it about?", validate_choice=False, option_widget=CheckboxInput(), widget=ListWidget()
    )

    def __iter__(self) -> Iterator[Field]:
        """In the order of the page, which the list of errors follows."""
        first = (self.class_name, self.about)
        yield from first
        yield from (field for field in super().__iter__() if field not in first)

    def offer_choices(self, people: list[PersonView]) -> None:
        """Let one choose among the catalogue's classes and the people whom one may know of."""
        self.class_name.choices = choices([("", "Choose"), *catalogue.choices()])
        self.about.choices = choices((person.person_id, _who(person)) for person in people)
        self.named = {person.person_id for person in people}

    @property
    def chosen(self) -> list[str]:
        """Those of the people whom the page names that were chosen."""
        return [person for person in self.about.data or [] if person in self.named]

    def of_class(self) -> str:
        """The class that was chosen."""
        return self.class_name.data or ""

    def validate_class_name(self, field: SelectField) -> None:
        """One of the catalogue's."""
        if field.data not in dict(catalogue.choices()):
            raise ValidationError("Choose what kind of information this is.")

    def validate_about(self, field: SelectMultipleField) -> None:
        """At least one of the people whom the page names."""
        if not field.data or self.chosen != field.data:
            raise ValidationError("Choose whom this is about.")


def _who(person: PersonView) -> str:
    return person.role_label if person.name is None else f"{person.heading}, {person.role_label.lower()}"


def _is_date(typed: str | None) -> bool:
    try:
        date.fromisoformat((typed or "").strip())
    except ValueError:
        return False
    return True
