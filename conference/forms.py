"""What the forms of several rooms share: a date in three parts, a refusal beside its question."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.form import BaseForm

from conference.errors import BadInput

PARTS = ("day", "month", "year")


class DateParts(Field):
    """A date typed as day, month and year. `data` is a date, or None where nothing was typed."""

    def __init__(self, label: str, missing: str | None = None, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.missing = missing
        self.parts = dict.fromkeys(PARTS, "")

    @property
    def first_id(self) -> str:
        """Where the error summary leads."""
        return f"{self.id}-day"

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:  # noqa: ARG002 - WTForms' own
        """Take what was typed, or the date to begin with."""
        self.process_errors = []
        self.data = data if isinstance(data, date) else None
        if formdata is not None and any(f"{self.name}-{part}" in formdata for part in PARTS):
            self.parts = {part: formdata.get(f"{self.name}-{part}", "").strip() for part in PARTS}
            self.data = self._typed()
        elif self.data is not None:
            self.parts = {part: str(getattr(self.data, part)) for part in PARTS}

    def _typed(self) -> date | None:
        try:
            return date(*(int(self.parts[part]) for part in reversed(PARTS)))
        except (ValueError, OverflowError):
            return None

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002
        """A date that is there is a real one; one that must be there, is."""
        if self.data is None and any(self.parts.values()):
            raise ValidationError(f"Enter a real date, like 27 11 2026: {self.label.text.lower()}.")
        if self.data is None and self.missing is not None:
            raise ValidationError(self.missing)


def choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """What can be chosen, from (value, words)."""
    return [SelectChoice(value, words) for value, words in pairs]


def show_refusal(form: FlaskForm, error: BadInput) -> None:
    """Put what a service refused beside the question that it is about; what was typed stays."""
    field = form._fields.get(error.field or "")
    if field is None:
        form.form_errors.append(error.message)
    else:
        field.errors = [*field.errors, error.message]
