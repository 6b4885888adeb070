"""The list that somebody sends."""

from __future__ import annotations

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage


class ListForm(FlaskForm):
    """A list of the agency's own clients."""

    file = FileField("Your list")

    def content(self) -> bytes | None:
        """The file's bytes; none where no file was chosen."""
        sent = self.file.data
        return sent.read() if isinstance(sent, FileStorage) and sent.filename else None
