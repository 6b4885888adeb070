"""A browser without a screen, signed in as somebody of the world; and worlds that can be copied."""

from __future__ import annotations

import base64
import re

from flask.json.tag import TaggedJSONSerializer
from flask.testing import FlaskClient

from conference.cases.models import Case
from conference.identity import session_store
from conference.identity.session_store import Owner
from conference.identity.sessions import cookie_name
from conference.sharing.door import disclose
from conference.trail.reading import Wanted, events_for
from conference.trail.sequencer import place
from conference.web import ConferenceFlask, parts_of
from tests.support.world import AWAY, HOME, World, copied, told

__all__ = ["application", "copied", "looked", "settle", "signed_in", "without_tokens"]


def application(world: World) -> ConferenceFlask:
    """The application over a world, without the server: its sequencer does not run by itself."""
    from conference.assembly import assemble

    app = assemble(world.settings)
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def signed_in(app: ConferenceFlask, world: World, who: str | None) -> FlaskClient:
    """A client with the session of `who` (a subject of the world); None is nobody."""
    client = app.test_client()
    if who is None:
        return client
    token = session_store.new_token()
    staff_id = world.staff[who]
    partnership = AWAY if who.startswith("a-") else HOME
    data = TaggedJSONSerializer().dumps({"_user_id": staff_id, "_fresh": True}).encode()
    with parts_of(app).database.write() as session:
        session_store.create(session, token, data, Owner(staff_id, partnership))
    value = base64.urlsafe_b64encode(token).rstrip(b"=").decode("ascii")
    client.set_cookie(cookie_name(app), value, domain="localhost")
    return client


def looked(world: World) -> World:
    """The world, with a disclosure that several agencies' officers may read: `world.events`, by agency."""
    viewer = world.viewer("h-rep")
    with told("looked", world.now), world.database.write() as session:
        session.info["channel"] = "screen"
        disclose(session, viewer, [session.get_one(Case, world.case_id)])
    settle(world)
    with world.database.read() as session:
        for agency in ("police", "homes", "nhs", "haven"):
            found = events_for(session, HOME, agency, Wanted(names=("disclosure.shown",)))
            world.events[agency] = found[0].id
    return world


def settle(world: World) -> None:
    """Give everything that was logged its place in the tree."""
    with told("settled", world.now):  # the checkpoint says when it was signed
        for partnership in (HOME, AWAY):
            place(world.database, partnership)


_TOKEN = re.compile(rb'(name="csrf_token"[^>]*value=")[^"]*(")')


def without_tokens(body: bytes) -> bytes:
    """A page without what is fresh in each form: the token against forged requests holds the real time."""
    return _TOKEN.sub(rb"\1\2", body)
