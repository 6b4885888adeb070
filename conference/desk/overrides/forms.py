"""What is typed to ask for an override, and to answer."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask_wtf import FlaskForm
from wtforms import Field, RadioField, SelectField, SelectMultipleField, TextAreaField, ValidationError
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from conference import clock
from conference.cases.services import LONGEST_TEXT
from conference.forms import DateParts, choices
from conference.sharing.overrides.choosing import Choices
from conference.sharing.overrides.services import LONGEST, Typed

AT_MOST = {"presence": "Holds information", "summary": "Summary", "full": "In full"}
FURTHEST = LONGEST.days - 2  # counted in whole days, with the end of the last one
NOT_TOO_LONG = Length(max=LONGEST_TEXT, message=f"Use {LONGEST_TEXT:,} characters or fewer.")
SHARE = "override"


class AskForm(FlaskForm):
    """To whom, at most how much, why, by what right, and until when."""

    lock = RadioField("What do you ask for?", default=SHARE, validate_choice=False)
    recipients = SelectMultipleField(
        "To", validate_choice=False, option_widget=CheckboxInput(), widget=ListWidget()
    )
    level = RadioField("At most", choices=choices(AT_MOST.items()), validate_choice=False)
    necessity = TextAreaField("Why is it necessary?", validators=[NOT_TOO_LONG])
    proportionality = TextAreaField("Why no less than this?", validators=[NOT_TOO_LONG])
    basis = SelectField("Legal basis", validate_choice=False)
    until = DateParts("Ends on", "Enter the day on which it ends.")

    def offer(self, known: Choices) -> None:
        """Let one choose among what the rules know."""
        self.recipients.choices = choices(known.recipients)
        self.basis.choices = choices([("", "Choose"), *known.bases])
        self.lock.choices = choices(
            [(SHARE, "Share although it was refused, or where a colleague must approve"), *known.locks]
        )

    def validate_recipients(self, field: Field) -> None:
        """At least one."""
        if not field.data:
            raise ValidationError("Name each agency that would see it.")

    def validate_level(self, field: Field) -> None:
        """One of the three."""
        if field.data not in AT_MOST:
            raise ValidationError("Choose how much they would see at most.")

    def validate_necessity(self, field: Field) -> None:
        """Something."""
        if not (field.data or "").strip():
            raise ValidationError("Say why it is necessary.")

    def validate_proportionality(self, field: Field) -> None:
        """Something."""
        if not (field.data or "").strip():
            raise ValidationError("Say why no less than this would do.")

    def validate_basis(self, field: Field) -> None:
        """One."""
        if not field.data:
            raise ValidationError("Choose a legal basis that is open to your agency.")

    def validate_until(self, field: Field) -> None:
        """Today or later, and not too far away."""
        if field.data is not None and field.data < clock.today():
            raise ValidationError("Enter a day that is still to come.")
        if field.data is not None and field.data > clock.today() + timedelta(days=FURTHEST):
            raise ValidationError("Enter a day within the next 3 months. It can be asked for again.")

    def typed(self) -> Typed:
        """What was typed; it ends with the end of the day, in London."""
        last = datetime.combine(self.until.data + timedelta(days=1), time(0), clock.LONDON)
        return Typed(
            recipients=self.recipients.data or [],
            level=self.level.data or "",
            necessity=self.necessity.data or "",
            proportionality=self.proportionality.data or "",
            basis=self.basis.data or "",
            until=last,
            lock=self.lock.data if self.lock.data not in {None, "", SHARE} else None,
        )


class AnswerForm(FlaskForm):
    """A colleague's word."""

    reason = TextAreaField("Why do you approve or refuse?", validators=[NOT_TOO_LONG])
