"""What people may type about meetings."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from conference.forms import DateParts, choices
from conference.meetings.outcomes import RISKS


class OnlyToken(FlaskForm):
    """Nothing to type: a button."""


class RiskForm(FlaskForm):
    """The chair's risk summary. On one page with ActionForm, so what both have is told apart by its id."""

    level = RadioField(
        "How high is the risk?",
        choices=choices((one, one) for one in RISKS),
        validators=[InputRequired("Choose how high the risk is.")],
    )
    text = TextAreaField("Risk summary", id="risk-text", validators=[Length(max=5000)])
    sources = SelectMultipleField("Information that it repeats", id="risk-sources", choices=[])


class ActionForm(FlaskForm):
    """An action."""

    text = StringField(
        "What will be done?",
        id="action-text",
        validators=[InputRequired("Enter what will be done."), Length(max=500)],
    )
    staff_id = SelectField("Who will do it?", choices=[])
    due = DateParts("By when?", missing="Enter the date by which it will be done.")
    sources = SelectMultipleField("Information that it repeats", id="action-sources", choices=[])


class SettleForm(FlaskForm):
    """What became of an action."""

    status = RadioField(
        "What happened?",
        choices=choices([("done", "It is done"), ("not-possible", "It is not possible")]),
        validators=[InputRequired("Choose what happened.")],
    )
    note = TextAreaField("Note", validators=[Length(max=2000)])
