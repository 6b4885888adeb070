"""What can go wrong, as a tree. `conference.web` is the only place that turns it into HTTP."""

from __future__ import annotations


class ConferenceError(Exception):
    """Something the application refuses or cannot do. Carries facts, never a person's details."""

    status = 500


class NotFound(ConferenceError):
    """It is not there, or not for this viewer: the two are never told apart."""

    status = 404


class Refused(ConferenceError):
    """This viewer may not do this."""

    status = 403

    def __init__(self, gate: str) -> None:
        super().__init__(f"refused at {gate}")
        self.gate = gate


class ReasonNeeded(ConferenceError):
    """A colleague who is not assigned to the case must say why first."""

    status = 403

    def __init__(self, case_id: str) -> None:
        super().__init__(f"case {case_id} needs a reason")
        self.case_id = case_id


class BadInput(ConferenceError):
    """What was typed or sent cannot be used; `message` says in plain words what to do."""

    status = 422

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Conflict(ConferenceError):
    """The thing is no longer in the state that this change needs."""

    status = 409


class LogUnavailable(ConferenceError):
    """The event could not be made durable, so nothing is shown."""

    status = 503
