"""Multi-agency case conferences with field-level consent, sealed storage and a verifiable log."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from conference.settings import Settings


def create_app(settings: Settings) -> Flask:
    """The application, made of its parts. Refuses to start on a log that is not what it last signed."""
    # Here, so that whoever imports the package loads no web framework.
    from conference.assembly import assemble  # noqa: PLC0415

    return assemble(settings)
