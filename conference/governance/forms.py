"""What IG officers type."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import AnyOf, InputRequired, Length

from conference.forms import DateParts, choices
from conference.governance.services import Choices, Search
from conference.governance.words import AUDIT
from conference.sharing.catalogue import PURPOSES

WHY = {"complaint": "Complaint", "subject-access": "Subject access", "audit": "Audit"}
_SHORT = Length(max=100, message="Use 100 characters or fewer.")


class SearchForm(FlaskForm):
    """Why, about whom, by whom, when."""

    why = RadioField(
        "Why?",
        choices=choices(WHY.items()),
        validators=[AnyOf(WHY, message="Say why you are looking.")],
        validate_choice=False,
    )
    ref = StringField("Ref", validators=[_SHORT])
    name = StringField("Name", validators=[_SHORT])
    born = DateParts("Born")
    case = StringField("Case", validators=[_SHORT])
    since = DateParts("From", missing="Enter the first day.")
    until = DateParts("To", missing="Enter the last day.")
    agency = SelectField("Agency", validate_choice=False)
    staff = SelectField("Staff", validate_choice=False)
    purpose = SelectField("Purpose", validate_choice=False)
    page = StringField()

    def offer(self, staff: Choices, agencies: Choices) -> None:
        """What can be chosen."""
        self.staff.choices = choices([("", "All"), *staff])
        self.agency.choices = choices([("", "All"), *agencies])
        others = [(name, words[:1].upper() + words[1:]) for name, words in PURPOSES.items() if name != AUDIT]
        self.purpose.choices = choices([("", "All but audit"), *others, (AUDIT, "For audit")])

    def validate(self, extra_validators: Any = None) -> bool:
        """A name goes with a date of birth, and time goes forward."""
        fits = bool(super().validate(extra_validators))
        if (self.name.data or "").strip() and self.born.data is None and not self.born.errors:
            fits = self._say(self.born, "Enter the date of birth.")
        if self.born.data is not None and not (self.name.data or "").strip():
            fits = self._say(self.name, "Enter the name.")
        if self.since.data and self.until.data and self.since.data > self.until.data:
            fits = self._say(self.until, "Enter a last day that is not before the first.")
        return fits

    def _say(self, field: Any, message: str) -> bool:
        field.errors = [*field.errors, message]
        return False

    def wanted(self) -> Search:
        """What was typed, for the service. Only after `validate`."""
        typed = self.page.data or ""
        return Search(
            why=self.why.data,
            reason_reference=self.ref.data or "",
            since=self.since.data or date.min,
            until=self.until.data or date.max,
            name=self.name.data or "",
            born=self.born.data,
            case_reference=self.case.data or "",
            staff=self.staff.data or "",
            agency=self.agency.data or "",
            purpose=self.purpose.data or "",
            page=max(1, int(typed)) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else 1,
        )


class ReceiptForm(FlaskForm):
    """A receipt as somebody read it out."""

    code = StringField("Receipt code", validators=[InputRequired("Enter a receipt code."), _SHORT])
