"""What is typed in an emergency."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import Length

from conference.cases.services import LONGEST_TEXT

NOT_TOO_LONG = Length(max=LONGEST_TEXT, message=f"Use {LONGEST_TEXT:,} characters or fewer.")


class EmergencyForm(FlaskForm):
    """What is happening."""

    reason = TextAreaField("What is happening?", validators=[NOT_TOO_LONG])
