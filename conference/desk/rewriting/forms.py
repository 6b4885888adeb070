"""What stays of a record about several people."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import SelectMultipleField, TextAreaField

from conference.cases.services import LONGEST_TEXT
from conference.desk.rewriting.services import Stays


class StaysForm(FlaskForm):
    """Whom it is still about, and what it says then. What is missing the service says."""

    about = SelectMultipleField("Who is it still about?", choices=[], validate_choice=False)
    text = TextAreaField("What stays about them", render_kw={"maxlength": LONGEST_TEXT})

    def typed(self) -> Stays:
        """What was typed, for the service."""
        return Stays(self.text.data or "", tuple(self.about.data or ()))
