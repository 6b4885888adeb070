"""What can go wrong with the log."""

from __future__ import annotations

from conference.errors import Conflict, LogUnavailable


class LogDisagrees(LogUnavailable):
    """What is stored is not what was signed. The log takes nothing more until somebody has looked."""

    def __init__(self, partnership: str, what: str) -> None:
        super().__init__(f"log of {partnership}: {what}")
        self.partnership = partnership
        self.what = what


class NoRoster(LogUnavailable):
    """No agencies have been set down for this partnership's log."""

    def __init__(self, partnership: str) -> None:
        super().__init__(f"log of {partnership}: no roster; `conference.trail.roster.refresh` makes one")
        self.partnership = partnership


class NotPlacedYet(Conflict):
    """The event is durable but has no place in the tree yet; it will have one within a second or two."""

    def __init__(self, event_id: str) -> None:
        super().__init__(f"event {event_id} is not placed yet")
        self.event_id = event_id
