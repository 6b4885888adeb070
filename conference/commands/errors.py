"""Why a command stopped."""

from __future__ import annotations

from conference.errors import ConferenceError


class Stopped(ConferenceError):
    """A command cannot go on. The message is a sentence for whoever typed it: what is wrong, and what to do."""
