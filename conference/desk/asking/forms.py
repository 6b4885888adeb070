"""What is asked, of whom, about whom. The same for everybody, whatever there is."""

from __future__ import annotations

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, TextAreaField, ValidationError
from wtforms.validators import Length

from conference.forms import choices
from conference.sharing.asking.services import LONGEST

VICTIM = "*"
"""Instead of an agency: the victim, through the IDVA or referrer. No agency is called that."""
SOMEBODY = "*"
"""Instead of a person: the whole case, or somebody whom the page does not name."""


class AskForm(FlaskForm):
    """One question."""

    to = RadioField("Whom do you ask?", validate_choice=False)
    about = RadioField("Who is it about?", validate_choice=False)
    class_name = SelectField("What do you ask for?", validate_choice=False)
    text = TextAreaField(
        "What do you ask, and why?",
        validators=[Length(max=LONGEST, message=f"Use {LONGEST:,} characters or fewer.")],
    )

    def offer(
        self,
        agencies: Iterable[tuple[str, str]],
        people: Iterable[tuple[str, str]],
        classes: Iterable[tuple[str, str]],
    ) -> None:
        """Let one choose among these: (value, words) of each."""
        self.to.choices = choices([*agencies, (VICTIM, "The victim, through the IDVA or the referrer")])
        self.about.choices = choices([*people, (SOMEBODY, "The whole case, or somebody else")])
        self.class_name.choices = choices([("", "Choose"), *classes])

    @property
    def agency(self) -> str | None:
        """The agency that is asked; None for the victim."""
        return None if self.to.data == VICTIM else str(self.to.data)

    def validate_to(self, field: RadioField) -> None:
        """One of the page's."""
        _one_of(field, "Choose whom to ask.")

    def validate_about(self, field: RadioField) -> None:
        """One of the page's."""
        _one_of(field, "Choose whom this is about.")

    def validate_class_name(self, field: SelectField) -> None:
        """One of the page's, but not none."""
        _one_of(field, "Choose what you ask for.")

    def validate_text(self, field: TextAreaField) -> None:
        """Something."""
        if not (field.data or "").strip():
            raise ValidationError("Say what you ask, and why.")


def _one_of(field: RadioField | SelectField, message: str) -> None:
    if not field.data or field.data not in {option.data for option in field}:
        raise ValidationError(message)
