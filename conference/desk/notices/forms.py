"""What people type to answer a notice, and to close a review."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.validators import Length

_TEXT = Length(max=5000, message="Use 5,000 characters or fewer.")


class AnswerForm(FlaskForm):
    """The receipt of a notice."""

    how = RadioField("What did you do with your copies?", choices=[], validate_choice=False)
    reason = TextAreaField("If you keep it, which law says so?", validators=[_TEXT])


class ReviewForm(FlaskForm):
    """What came of a look."""

    outcome = RadioField("What did you find?", choices=[], validate_choice=False)
    note = TextAreaField("What you looked at, and why you decided so", validators=[_TEXT])
