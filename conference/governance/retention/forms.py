"""What IG officers type about how long records are kept."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length

from conference.errors import BadInput
from conference.forms import DateParts, choices
from conference.sharing.retention.kinds import Trigger
from conference.sharing.retention.proposing import REASONS

_TEXT = Length(max=5000, message="Use 5,000 characters or fewer.")


class CaseForm(FlaskForm):
    """Which case to look at."""

    reference = StringField("Case reference")


class YearsForm(FlaskForm):
    """How long one kind of information is kept."""

    trigger = RadioField(
        "What do the years count from?",
        choices=choices((one.value, one.words[:1].upper() + one.words[1:]) for one in Trigger),
        validate_choice=False,
    )
    years = StringField("Number of years")

    def typed_years(self) -> int | None:
        """The years, or None where none are set. Raises BadInput."""
        typed = (self.years.data or "").strip()
        if not typed:
            return None
        if not typed.isascii() or not typed.isdecimal() or len(typed) > 4:
            raise BadInput("Enter a whole number of years, like 6.", "years")
        return int(typed)


class HoldForm(FlaskForm):
    """Why something must be kept. person: whom it is about; empty for the whole case."""

    person = HiddenField()
    reason = TextAreaField("Why must it be kept?", validators=[_TEXT])


class DiedForm(FlaskForm):
    """When somebody died."""

    person = HiddenField()
    died = DateParts("When did they die?", missing="Enter the day.")


class ProposeForm(FlaskForm):
    """What to erase, and why."""

    records = SelectMultipleField("What is to be erased?", choices=[], validate_choice=False)
    why = RadioField("Why?", choices=choices(REASONS.items()), validate_choice=False)


class OnlyToken(FlaskForm):
    """Nothing to type: a button."""
