"""Flask's session, kept on the server. The cookie holds only a token; see `session_store`.

What is written here commits in a transaction of its own, after the page's; only signing in and out write at
once, together with their event.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar, cast

from flask import Flask, Request, Response, current_app, g, request
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.datastructures import CallbackDict

from conference import clock
from conference.db import writable
from conference.identity import session_store as store
from conference.identity.services import Viewer
from conference.identity.session_store import Found, Owner, State

COOKIE = "__Host-conference"  # with Secure and Path=/
PLAIN_COOKIE = (
    "conference"  # where there is no TLS, which is on loopback only: not every client keeps Secure there
)
_JSON = TaggedJSONSerializer()
View = TypeVar("View", bound=Callable[..., object])


def cookie_name(app: Flask) -> str:
    """What the cookie is called: behind TLS no other host and no plain page can set it."""
    return COOKIE if app.extensions["conference"].settings.is_https else PLAIN_COOKIE


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """What one browser's session holds, and the token it goes by (None until there is something to keep)."""

    def __init__(self, token: bytes | None = None, found: Found | None = None) -> None:
        data = _JSON.loads(found.data.decode()) if found is not None and found.data else {}
        super().__init__(data, _mark_modified)
        self.found = found or Found(State.UNKNOWN)
        alive = self.found.state is State.ALIVE
        self.token = token if alive else None
        self.old_token = token if self.found.state is State.UNUSED else None
        self.new = not alive
        self.modified = False
        self.cookie: bytes | None = None  # a token that the browser must be given
        self.drop_cookie = token is not None and self.found.state is State.UNKNOWN
        self.unreadable = False  # the database does not answer, so nobody knows whose session it is

    @property
    def staff_id(self) -> str | None:
        """Who is signed in, as the row says."""
        return self.found.staff_id if self.found.state is State.ALIVE else None

    @property
    def timed_out(self) -> bool:
        """Whether somebody was signed in here until it went unused for too long."""
        return self.found.state is State.UNUSED

    @property
    def will_end_at(self) -> datetime | None:
        """When it ends if it is not used again; None when nobody is signed in."""
        if self.staff_id is None or self.found.last_seen_at is None or self.found.ends_at is None:
            return None
        return min(self.found.last_seen_at + store.IDLE, self.found.ends_at)

    def as_bytes(self) -> bytes:
        """The data to keep."""
        return _JSON.dumps(dict(self)).encode()


def _mark_modified(changed: CallbackDict[str, Any]) -> None:
    cast(ServerSession, changed).modified = True


class ServerSessions(SessionInterface):
    """Opens the session before a page, keeps it afterwards."""

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """The session of the token in the cookie; an empty one without it. Static files have none."""
        token = _decode(request.cookies.get(cookie_name(app), ""))
        static = app.static_url_path
        if token is None or (static and request.path.startswith(f"{static}/")):
            return ServerSession()
        try:
            with app.extensions["conference"].database.read() as session:
                return ServerSession(token, store.find(session, token))
        except SQLAlchemyError:  # raised here it would leave the error page without a session: `web` refuses
            unread = ServerSession()
            unread.unreadable = True
            return unread

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what changed, note that it was used, and hand out a new token where there is one."""
        ours = cast(ServerSession, session)
        name = cookie_name(app)
        if ours.modified:
            self._keep(app, ours)
        if ours.token is not None and _extends(app) and _touch_is_due(ours):
            with app.extensions["conference"].database.write() as own:
                store.touch(own, ours.token)
        if ours.cookie is not None:
            value = base64.urlsafe_b64encode(ours.cookie).rstrip(b"=").decode("ascii")
            response.set_cookie(name, value, path="/", secure=name == COOKIE, httponly=True, samesite="Lax")
        elif ours.drop_cookie:
            response.delete_cookie(name, path="/", secure=name == COOKIE, httponly=True, samesite="Lax")
        response.vary.add("Cookie")

    def _keep(self, app: Flask, ours: ServerSession) -> None:
        if ours.token is None and not ours:
            return
        parts = app.extensions["conference"]
        with _own_transaction() as own:
            if ours.token is not None:
                store.save(own, ours.token, ours.as_bytes())
                return
            store.purge(own, parts.session_event)
            if ours.old_token is not None:
                store.end(own, ours.old_token, "unused", parts.session_event)
            ours.token = ours.cookie = store.new_token()
            store.create(own, ours.token, ours.as_bytes())


def begin(ours: ServerSession, viewer: Viewer) -> None:
    """Somebody has signed in: a new token with what `ours` holds, and the event, at once."""
    parts = current_app.extensions["conference"]
    token = store.new_token()
    with _transaction() as own:
        if before := ours.token or ours.old_token:
            store.end(own, before, "signed in again", parts.session_event)
        store.create(own, token, ours.as_bytes(), Owner(viewer.staff_id, viewer.partnership_id))
        parts.session_event(own, "session.started", viewer.partnership_id, viewer.staff_id, "signed in")
        row = store.find(own, token)
    ours.found, ours.token, ours.cookie = row, token, token
    ours.old_token, ours.modified = None, False


def finish(ours: ServerSession) -> None:
    """Somebody signs out: the row goes, and the event is written, at once."""
    parts = current_app.extensions["conference"]
    if before := ours.token or ours.old_token:
        with _transaction() as own:
            store.end(own, before, "signed out", parts.session_event)
    ours.clear()
    ours.token = ours.old_token = ours.cookie = None
    ours.found = Found(State.UNKNOWN)
    ours.modified, ours.drop_cookie = False, True


def does_not_extend(view: View) -> View:
    """Declare that asking for this view is not use: a page that polls does not keep its session alive."""
    vars(view)["extends_session"] = False
    return view


@contextmanager
def _transaction() -> Iterator[Session]:
    """The page's own transaction when it writes (there is one writer at a time), else one of our own."""
    page: Session | None = g.get("session")
    if page is not None and writable(page):
        yield page
    else:
        with _own_transaction() as own:
            yield own


@contextmanager
def _own_transaction() -> Iterator[Session]:
    parts = current_app.extensions["conference"]
    with parts.database.write() as own:
        own.info["request"] = g.get("request_id")
        yield own
    parts.wake()


def _touch_is_due(ours: ServerSession) -> bool:
    seen = ours.found.last_seen_at
    return seen is not None and clock.now() >= seen + store.TOUCH


def _extends(app: Flask) -> bool:
    view = app.view_functions.get(request.endpoint or "")
    return view is not None and bool(getattr(view, "extends_session", True))


def _decode(value: str) -> bytes | None:
    if len(value) != 43:
        return None
    try:
        token = base64.b64decode(value + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return token if len(token) == 32 else None
