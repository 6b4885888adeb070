"""The application behind a real address, in this process, its clock held by the test: for browsers."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask.json.tag import TaggedJSONSerializer
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import WSGIRequestHandler, make_server

from conference import clock
from conference.identity import session_store
from conference.identity.session_store import Owner
from conference.identity.sessions import cookie_name
from conference.web import ConferenceFlask, parts_of
from tests.browser.looking import WIDE, Watched, watched
from tests.support.client import application
from tests.support.world import HOME, NOW, World

STEP = timedelta(minutes=10)  # well within what a session lives unused


class Quiet(WSGIRequestHandler):
    """Says nothing about each request."""

    def log(self, *_args: Any, **_more: Any) -> None:
        pass


@dataclass
class Held:
    """A running application, and what its clock says."""

    world: World
    app: ConferenceFlask
    url: str
    at: datetime = NOW

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with clock.held(self.at):
            answer = self.app.wsgi_app(environ, start_response)
            try:
                return list(answer)
            finally:
                answer.close()

    def sign_in(self, context: BrowserContext, who: str) -> None:
        """Give a browser the session of one of the world's staff."""
        token, staff_id = session_store.new_token(), self.world.staff[who]
        data = TaggedJSONSerializer().dumps({"_user_id": staff_id, "_fresh": True}).encode()
        with clock.held(self.at), parts_of(self.app).database.write() as session:
            session_store.create(session, token, data, Owner(staff_id, HOME))
        value = base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")
        context.add_cookies([{"name": cookie_name(self.app), "value": value, "url": self.url}])

    def tab(self, browser: Browser, who: str, *, scripted: bool = True) -> Watched:
        """A tab of a new browser where somebody is signed in, on their first page."""
        context = browser.new_context(
            locale="en-GB", timezone_id="Europe/London", viewport=WIDE, java_script_enabled=scripted
        )
        self.sign_in(context, who)
        tab = watched(context, scripted=scripted)
        tab.page.goto(f"{self.url}/")
        return tab

    def wait(self, how_long: timedelta, *tabs: Watched) -> None:
        """Let time pass, while whoever sits at `tabs` uses their session now and then."""
        end = self.at + how_long
        while self.at + STEP < end:
            self.at += STEP
            for tab in tabs:
                assert tab.page.request.get(f"{self.url}/stay").ok
        self.at = end


@contextmanager
def held(world: World) -> Iterator[Held]:
    """The application of a world, on a free port of this machine."""
    app = application(world)
    running = Held(world, app, "")
    server = make_server("127.0.0.1", 0, running, threaded=True, request_handler=Quiet)
    running.url = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
        parts_of(app).database.close()
