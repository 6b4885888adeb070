"""What IG officers type about a wrong disclosure."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length

from conference.forms import choices
from conference.governance.wrong.models import Fault
from conference.governance.wrong.services import Typed

_TEXT = Length(max=5000, message="Use 5,000 characters or fewer.")


class ReportForm(FlaskForm):
    """What was wrong. What is missing the service says."""

    fault = RadioField(
        "What is wrong?", choices=choices((one.value, one.words) for one in Fault), validate_choice=False
    )
    items = SelectMultipleField("Which information?", choices=[], validate_choice=False)
    what = TextAreaField("What happened?", validators=[_TEXT])

    def typed(self) -> Typed:
        """What was typed, for the service."""
        ticked = self.items.data or ()
        places = [int(one) for one in ticked if one.isascii() and one.isdecimal() and len(one) < 6]
        return Typed(self.fault.data or "", places, self.what.data or "")


class NoteForm(FlaskForm):
    """What was done."""

    text = TextAreaField("What was done?", validators=[_TEXT])


class DecideForm(FlaskForm):
    """Whether the regulator is told."""

    reportable = RadioField(
        "Must the ICO be told?",
        choices=choices([("yes", "Yes"), ("no", "No, a risk to the person is unlikely")]),
        validate_choice=False,
    )
    why = TextAreaField("Why?", validators=[_TEXT])


class ToldForm(FlaskForm):
    """Who was told: a button."""

    who = StringField("Who was told?")


class OnlyToken(FlaskForm):
    """Nothing to type: a button."""
