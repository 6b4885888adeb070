"""What people type about documents."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage
from wtforms import IntegerField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import Optional

from conference.desk.forms import NOT_TOO_LONG, NewFieldForm
from conference.errors import BadInput
from conference.files.faults import MOST_MEGABYTES, MOST_PAGES
from conference.files.tokens import WHOLE
from conference.forms import choices
from conference.sharing import catalogue
from conference.sharing.files.document import LONGEST_WORD, MOST_WORDS
from conference.sharing.research import Typed
from conference.sharing.view import PersonView

FILE_HINT = (
    f"A PDF, a Word document (DOCX), or a PNG or JPEG picture, of at most {MOST_MEGABYTES} MB and "
    f"{MOST_PAGES} pages. Other agencies never see the file itself."
)
NOT_FOR_DOCUMENTS = catalogue.SAFE_CONTACT | {
    *("identity.name", "identity.alias", "identity.dob", "identity.nhs-number"),
}
"""What is searched by, and what must never be on paper: a copy can be saved and printed."""
LONGEST_TITLE = 200


class DocumentForm(NewFieldForm):
    """A document: what it is, about whom, and the file."""

    file = FileField("File")
    value = StringField("Title")  # type: ignore[assignment]
    offered = None  # type: ignore[assignment] # WTForms' way of leaving a question out
    summary = None  # type: ignore[assignment]
    relevance = None  # type: ignore[assignment]
    withheld_reason = None  # type: ignore[assignment]

    def offer_choices(self, people: list[PersonView]) -> None:
        """The catalogue's classes, without those that are a value to search by."""
        super().offer_choices(people)
        kept = [one for one in catalogue.choices() if one[0] not in NOT_FOR_DOCUMENTS]
        self.class_name.choices = choices([("", "Choose"), *kept])

    def typed(self, class_name: str) -> Typed:
        """What was typed, for the service."""
        return Typed(
            class_name=class_name,
            value=self.value.data or "",
            kind=self.kind.data or "",
            source=self.source.data or "",
            recorded_on=self.recorded_on.data,
        )

    def content(self) -> bytes:
        """The file's bytes; none where no file was chosen."""
        sent = self.file.data
        return sent.read() if isinstance(sent, FileStorage) else b""

    def validate_value(self, field: StringField) -> None:
        """A title that others may read."""
        said = (field.data or "").strip()
        if not said or len(said) > LONGEST_TITLE:
            raise ValidationError(f"Enter a title of at most {LONGEST_TITLE} characters.")

    def validate_class_name(self, field: SelectField) -> None:
        """One of those that a document can have."""
        if field.data in NOT_FOR_DOCUMENTS or field.data not in dict(catalogue.choices()):
            raise ValidationError("Choose what kind of information this is.")

    def validate_file(self, field: FileField) -> None:
        """There is one."""
        if not isinstance(field.data, FileStorage) or not field.data.filename:
            raise ValidationError("Choose a file.")


def _percent(label: str) -> IntegerField:
    return IntegerField(label, validators=[Optional()])


class MarkForm(FlaskForm):
    """A place on a page: two corners in percent, or one point that was chosen on the picture."""

    left = _percent("From the left")
    top = _percent("From the top")
    right = _percent("To, from the left")
    bottom = _percent("To, from the top")

    def corners(self, point: tuple[int, int] | None) -> list[tuple[int, int]]:
        """The corners in parts of WHOLE. Raises BadInput where nothing usable was said."""
        if point is not None:
            return [point]
        sides = [one.data for one in (self.left, self.top, self.right, self.bottom)]
        given = [side * WHOLE // 100 for side in sides if side is not None and 0 <= side <= 100]
        if len(given) < len(sides):
            raise BadInput("Enter four whole numbers from 0 to 100.", "left")
        return [(given[0], given[1]), (given[2], given[3])]


class WordsForm(FlaskForm):
    """Words to remove, one a line."""

    words = TextAreaField("Words to remove", validators=[NOT_TOO_LONG])

    def said(self) -> list[str]:
        """The lines."""
        return (self.words.data or "").splitlines()


WORDS_HINT = (
    f"One name, number or phrase on each line, at most {MOST_WORDS} lines of {LONGEST_WORD} characters. Each "
    "is painted over wherever a machine can read it. Mark handwriting, and whatever else, on the pages."
)
