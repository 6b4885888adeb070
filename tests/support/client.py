"""A browser without a screen, signed in as somebody of the world; and worlds that can be copied."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

from flask.json.tag import TaggedJSONSerializer
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache

from conference.cases.models import Case
from conference.governance.wrong import services as wrong
from conference.identity import services as identity
from conference.identity import session_store
from conference.identity.session_store import Owner
from conference.identity.sessions import cookie_name
from conference.permissions import Role
from conference.sharing.agreements import services as agreements
from conference.sharing.agreements.terms import ASKED, Terms
from conference.sharing.door import disclose
from conference.sharing.drafts import services as drafts
from conference.sharing.retention import holds, proposing
from conference.sharing.reviews import services as reviews
from conference.trail.reading import Wanted, events_for
from conference.trail.sequencer import place
from conference.web import ConferenceFlask, parts_of
from tests.support.documents import documented
from tests.support.world import AWAY, HOME, World, copied, told

__all__ = ["application", "copied", "looked", "settle", "signed_in", "without_tokens"]


class Compiled(BytecodeCache):
    """Templates as this process has compiled them, for each application that it makes."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


def application(world: World) -> ConferenceFlask:
    """The application over a world, without the server: its sequencer does not run by itself."""
    from conference.assembly import assemble

    app = assemble(world.settings)
    app.jinja_env.bytecode_cache = COMPILED
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
    governed(world)
    settle(world)
    with world.database.read() as session:
        for agency in ("police", "homes", "nhs", "haven"):
            found = events_for(session, HOME, agency, Wanted(names=("disclosure.shown",)))
            world.events[agency] = found[0].id
    gone_wrong(world)
    kept(world)
    documented(world)
    settle(world)
    return world


def gone_wrong(world: World) -> None:
    """Homes report what their Sam was shown, and a consent is withdrawn: `world.afterwards`, by kind."""
    viewer = world.viewer("h-ig")
    with told("gone wrong", world.now), world.database.write() as session:
        entry = wrong.find_entry(session, viewer, world.events["homes"])
        places = [n for n, item in enumerate(entry.items) if item and item.class_name == "offending.order"]
        typed = wrong.Typed("shown", places, "The rule was wrong")
        report = wrong.report(session, viewer, entry, typed, at=world.now)
        review = reviews.open_review(
            session,
            partnership_id=HOME,
            kind=reviews.ReviewKind.WITHDRAWAL,
            agency_id="haven",
            about=f"cns_{'a' * 26}",
            case_id=world.case_id,
            due=reviews.next_working_day(world.now),
            at=world.now,
        )
        opened = next(one for one in reviews.of_own_agency(session, viewer) if one.about == report.id)
        (notice,) = wrong.notices_of(session, viewer, report)
        world.afterwards |= {
            "report": report.id,
            "review": review.id,
            "wrong_review": opened.id,
            "notice": notice.id,
            "recall": notice.recall_id,
        }


def kept(world: World) -> None:
    """A colleague of Iris's proposes to erase what Homes hold about her, and holds another case."""
    with told("kept", world.now), world.database.write() as session:
        made = identity.add_staff(
            session,
            "homes",
            subject="h-ig2",
            name="Olive Marsh",
            roles=(Role.IG_OFFICER,),
            trained_until=world.now.date() + timedelta(days=200),
        )
        viewer = identity.viewer_for(session, made.id)
        assert viewer is not None
        case, victim = session.get_one(Case, world.case_id), world.people["victim"]
        own = proposing.own_records(session, viewer, case, victim)
        erasure = proposing.propose(session, viewer, case, victim, records=own, why="asked", at=world.now)
        other = session.get_one(Case, world.recused_case_id)
        hold = holds.place(session, viewer, other, None, "An inquest", at=world.now)
        world.afterwards |= {"erasure": erasure.id, "hold": hold.id}


def governed(world: World, who: str = "h-ig") -> None:
    """A draft of rules of somebody's, and an agreement that nobody has signed; their ids in the world."""
    viewer = world.viewer(who)
    with told("governed", world.now), world.database.write() as session:
        draft = drafts.start(session, viewer, why="Arrears matter to the NHS", at=world.now)
        rule = {
            "id": "r-new-1",
            "effect": "permit",
            "level": "full",
            "classes": ["tenancy.arrears"],
            "owners": {"agencies": ["homes"]},
            "recipients": {"agencies": ["nhs"], "roles": ["representative"]},
            "purposes": ["prevent-serious-harm"],
            "basis": "RLI",
            "consent": "considered",
        }
        drafts.put_rule(session, viewer, draft.id, rule, at=world.now)
        terms = Terms(
            title="Sharing about homes",
            parties=("homes", "nhs", "police"),
            purposes=("tenancy-support",),
            classes=("tenancy",),
            starts=world.now.date(),
            ends=world.now.date() + timedelta(days=300),
            review_on=world.now.date() + timedelta(days=200),
            answers=dict.fromkeys(ASKED, "As agreed"),
        )
        agreement = agreements.add(session, viewer, terms, at=world.now)
        world.draft_id, world.agreement_id, world.version_id = draft.id, agreement.id, draft.base_id


def settle(world: World) -> None:
    """Give everything that was logged its place in the tree."""
    with told("settled", world.now):  # the checkpoint says when it was signed
        for partnership in (HOME, AWAY):
            place(world.database, partnership)


_TOKEN = re.compile(rb'(name="csrf_token"[^>]*value=")[^"]*(")')


def without_tokens(body: bytes) -> bytes:
    """A page without what is fresh in each form: the token against forged requests holds the real time."""
    return _TOKEN.sub(rb"\1\2", body)
