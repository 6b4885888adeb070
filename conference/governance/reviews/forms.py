"""What IG officers type to close a review, and to answer a notice for a colleague."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.validators import Length

_TEXT = Length(max=5000, message="Use 5,000 characters or fewer.")


class CloseForm(FlaskForm):
    """What came of a look."""

    outcome = RadioField("What did you find?", choices=[], validate_choice=False)
    note = TextAreaField("What you looked at, and what you found", validators=[_TEXT])


class ForColleagueForm(FlaskForm):
    """The receipt of a colleague's notice."""

    how = RadioField("What was done with the copies?", choices=[], validate_choice=False)
    reason = TextAreaField("If they are kept, which law says so?", validators=[_TEXT])
