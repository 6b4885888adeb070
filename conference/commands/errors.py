"""Why a command stopped."""

from __future__ import annotations

from conference.errors import ConferenceError


class Stopped(ConferenceError):
    """A command cannot go on. The message says what is wrong and what to do, in a sentence."""
