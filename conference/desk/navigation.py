"""Where somebody can go: by their role, never by what there is."""

from __future__ import annotations

from typing import NamedTuple

from flask import current_app, g, request, url_for

from conference.identity.services import Viewer
from conference.permissions import Permission


class Place(NamedTuple):
    """One entry of the menu."""

    text: str
    href: str
    is_current: bool


PLACES = (
    ("My work", "desk.home", Permission.HOME),
    ("Meetings", "meetings.index", Permission.MEETING_READ),
    ("Find a case", "desk.find", Permission.SEARCH),
    ("Governance", "governance.index", Permission.GOVERNANCE),
)


def navigation() -> list[Place]:
    """The menu of whoever is signed in."""
    viewer: Viewer | None = g.get("viewer")
    if viewer is None:
        return []
    return [
        Place(text, url_for(endpoint), _is_current(endpoint))
        for text, endpoint, permission in PLACES
        if viewer.may(permission) and endpoint in current_app.view_functions
    ]


def _is_current(endpoint: str) -> bool:
    """A room's first page stands for all its pages; the desk's stand for themselves."""
    room = endpoint.partition(".")[0]
    inside = request.blueprint == room or request.path.startswith(f"/{room}/")
    return request.endpoint == endpoint or (room != "desk" and inside)
