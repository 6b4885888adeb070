"""Every route, who may come there, and how to ask for it: for the access and the non-interference tests.

A route that is not here fails the build, and so does a line here without a route.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass

from conference.permissions import Role
from tests.support.world import World

EVERYBODY = frozenset(Role)
MEMBERS = frozenset(
    {Role.REFERRER, Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA, Role.COORDINATOR, Role.CHAIR}
)
ACTORS = MEMBERS - {Role.REFERRER}
ROOM = MEMBERS | {Role.OBSERVER}
TAKERS = MEMBERS - {Role.COORDINATOR, Role.CHAIR}
CHAIRS = frozenset({Role.CHAIR})
IG = frozenset({Role.IG_OFFICER})
LOOKS_AFTER = frozenset({Role.CHAIR, Role.IDVA})

Path = Callable[[World, str], str]
Form = Callable[[World, str], dict[str, str | list[str]]]


def _nothing(_world: World, _who: str) -> dict[str, str | list[str]]:
    return {}


@dataclass(frozen=True)
class Route:
    """How to ask for one endpoint with one method.

    roles:   who may come; None is everybody, signed in or not.
    path, form: for a world and one of its staff.
    queries: more ways of asking, appended to the path.   forms: more forms.
    scoped:  whether it names something of one partnership, so that another's staff do not find it.
    """

    path: Path
    roles: frozenset[Role] | None
    form: Form = _nothing
    queries: tuple[str, ...] = ("",)
    forms: tuple[Form, ...] = ()
    scoped: bool = False

    def every_form(self) -> tuple[Form, ...]:
        """All the forms to send."""
        return (self.form, *self.forms)


_AGENCY_OF = {"p": "police", "h": "homes", "n": "nhs", "v": "haven", "s": "safety", "a": "away-police"}


def at(path: str) -> Path:
    """A path with the world's ids put in: {case}, {meeting}, {field}, {action} ..."""

    def made(world: World, who: str) -> str:
        agency = _AGENCY_OF[(who or "p")[0]]
        mine = [world.fields[name] for name in sorted(world.fields) if name.startswith(f"{agency}/")]
        return path.format(
            case=world.case_id,
            meeting=world.meeting_id,
            action=world.action_id,
            override=world.override_id,
            field=(mine or [world.fields["haven/wishes/victim"]])[0],
            agency="homes",
            consent=world.consent_id,
            question=world.question_id,
            event=world.events.get(agency, "evt_" + "a" * 26),
            **world.afterwards,
            draft=world.draft_id,
            agreement=world.agreement_id,
            version=world.version_id,
        )

    return made


def _kept(world: World, _who: str) -> str:
    return f"/governance/retention/cases/{world.case_id}/people/{world.people['victim']}"


def form(**given: str) -> Form:
    """The same form for everybody; `{victim}` and the like are put in."""

    def made(world: World, _who: str) -> dict[str, str | list[str]]:
        known = {
            **world.people,
            "rep": world.staff["h-rep"],
            "chair": world.staff["s-chair"],
            "ref": world.reference,
            "other": "police" if _who.startswith("h") else "homes",
        }
        return {name: value.format(**known) for name, value in given.items()}

    return made


def with_file(content: bytes, **given: str) -> Form:
    """The same with a file."""
    plain = form(**given)

    def made(world: World, who: str) -> dict[str, str | list[str]]:
        return {**plain(world, who), "file": (io.BytesIO(content), "a letter")}  # type: ignore[dict-item]

    return made


_FIELD = {
    "class_name": "tenancy.history",
    "about": "{victim}",
    "value": "Moved twice",
    "kind": "fact",
    "source": "Rent account",
    "offered": "summary",
    "summary": "Has moved",
}

_OVERRIDE = {
    "recipients": "{other}",
    "level": "summary",
    "necessity": "He was seen near her flat",
    "proportionality": "Less would not do",
    "basis": "VI",
    "until-day": "1",
    "until-month": "12",
    "until-year": "2026",
}

OWN_CLIENTS = b"""Name,Date of Birth,NHS Number,Person ID
Maria Kowalczik,1992-03-03,,T1
Hidden Person,1980-02-01,9434765919,T2
Other Person,1980-02-01,9876543210,T3
"""

ROUTES: dict[tuple[str, str], Route] = {
    # everybody
    ("health.alive", "GET"): Route(at("/healthz"), None),
    ("health.ready", "GET"): Route(at("/readyz"), None),
    ("identity.sign_in", "GET"): Route(at("/sign-in"), None),
    ("identity.sign_in", "POST"): Route(at("/sign-in"), None, form(email="sam@elsewhere.example")),
    ("identity.start", "GET"): Route(at("/sign-in/{agency}"), None),
    ("identity.callback", "GET"): Route(at("/sign-in/{agency}/callback"), None),
    ("identity.sign_out", "GET"): Route(at("/sign-out"), None),
    ("identity.sign_out", "POST"): Route(at("/sign-out"), None),
    ("identity.signed_out", "GET"): Route(at("/signed-out"), None),
    # whoever is signed in
    ("desk.home", "GET"): Route(at("/"), EVERYBODY),
    ("desk.stay", "GET"): Route(at("/stay"), EVERYBODY),
    ("desk.session_ends", "GET"): Route(at("/session"), EVERYBODY),
    ("desk.help_labels", "GET"): Route(at("/help/labels"), EVERYBODY),
    ("desk.help_receipts", "GET"): Route(at("/help/receipts"), EVERYBODY),
    ("desk.help_why_not_shown", "GET"): Route(at("/help/why-not-shown"), EVERYBODY),
    # a case
    ("desk.case", "GET"): Route(
        at("/cases/{case}"),
        MEMBERS,
        queries=("", "?view=agency", "?view=timeline", "?view=actions"),
        scoped=True,
    ),
    ("desk.print_case", "GET"): Route(at("/cases/{case}/print"), MEMBERS, scoped=True),
    ("desk.reason", "GET"): Route(at("/cases/{case}/reason"), MEMBERS, scoped=True),
    ("desk.reason", "POST"): Route(
        at("/cases/{case}/reason"), MEMBERS, form(reason="Duty call"), forms=(form(reason=""),), scoped=True
    ),
    ("desk.our_research", "GET"): Route(at("/cases/{case}/research"), MEMBERS, scoped=True),
    ("desk.add_field", "GET"): Route(at("/cases/{case}/research/add"), MEMBERS, scoped=True),
    ("desk.add_field", "POST"): Route(
        at("/cases/{case}/research/add"),
        MEMBERS,
        form(**_FIELD),
        forms=(form(**_FIELD, act="preview"), form(**(_FIELD | {"summary": ""})), form()),
        scoped=True,
    ),
    ("desk.change_field", "GET"): Route(at("/cases/{case}/research/{field}"), MEMBERS, scoped=True),
    ("desk.change_field", "POST"): Route(
        at("/cases/{case}/research/{field}"),
        MEMBERS,
        form(**_FIELD),
        forms=(form(**_FIELD, act="preview"), form(**(_FIELD | {"summary": ""}))),
        scoped=True,
    ),
    ("rewriting.index", "GET"): Route(at("/cases/{case}/several"), MEMBERS, scoped=True),
    ("rewriting.write", "GET"): Route(at("/cases/{case}/several/{field}"), MEMBERS, scoped=True),
    ("rewriting.write", "POST"): Route(
        at("/cases/{case}/several/{field}"),
        MEMBERS,
        form(about="{victim}", text="She stays with her aunt"),
        forms=(form(act="nothing"), form()),
        scoped=True,
    ),
    ("desk.take_back", "POST"): Route(at("/cases/{case}/research/{field}/take-back"), MEMBERS, scoped=True),
    ("desk.send_research", "POST"): Route(
        at("/cases/{case}/research/send"), MEMBERS, form(), forms=(form(nil="yes"),), scoped=True
    ),
    # the agenda beside an agency's own list
    ("matching.ask", "GET"): Route(at("/meetings/{meeting}/matching"), MEMBERS, scoped=True),
    ("matching.compare", "POST"): Route(
        at("/meetings/{meeting}/matching"),
        MEMBERS,
        with_file(OWN_CLIENTS),
        forms=(with_file(b"Colour\nRed\n"), form()),
        scoped=True,
    ),
    # documents: of Homes, who share a copy of one
    ("documents.add", "GET"): Route(at("/cases/{case}/documents/add"), MEMBERS, scoped=True),
    ("documents.add", "POST"): Route(
        at("/cases/{case}/documents/add"),
        MEMBERS,
        with_file(b"%PDF-1.4 no more than that", **_FIELD),
        forms=(with_file(b"GIF89a", **_FIELD), form(**_FIELD), form()),
        scoped=True,
    ),
    ("documents.show", "GET"): Route(at("/cases/{case}/documents/{document}"), MEMBERS, scoped=True),
    ("documents.words", "POST"): Route(
        at("/cases/{case}/documents/{document}/words"),
        MEMBERS,
        form(words="Mill Street"),
        forms=(form(words="a"),),
        scoped=True,
    ),
    ("documents.original", "GET"): Route(
        at("/cases/{case}/documents/{document}/original"), MEMBERS, scoped=True
    ),
    ("documents.page", "GET"): Route(at("/cases/{case}/documents/{document}/pages/1"), MEMBERS, scoped=True),
    ("documents.page", "POST"): Route(
        at("/cases/{case}/documents/{document}/pages/1"),
        MEMBERS,
        form(left="10", top="10", right="40", bottom="20"),
        forms=(form(**{"at.x": "80", "at.y": "90", "height": "1067"}), form()),
        scoped=True,
    ),
    ("documents.unmark", "POST"): Route(
        at("/cases/{case}/documents/{document}/pages/1/unmark"), MEMBERS, form(mark="0"), scoped=True
    ),
    ("documents.make", "POST"): Route(at("/cases/{case}/documents/{document}/copies"), MEMBERS, scoped=True),
    ("documents.check", "GET"): Route(
        at("/cases/{case}/documents/{document}/copies/{copy}"), MEMBERS, queries=("", "?page=2"), scoped=True
    ),
    ("documents.choose", "POST"): Route(
        at("/cases/{case}/documents/{document}/copies/{copy}/choose"), MEMBERS, scoped=True
    ),
    ("documents.shared", "GET"): Route(
        at("/cases/{case}/shared/{document}"), MEMBERS, queries=("", "?page=2", "?page=3"), scoped=True
    ),
    ("documents.download", "GET"): Route(
        at("/cases/{case}/shared/{document}/document.pdf"), MEMBERS, scoped=True
    ),
    # whether an open page still holds
    ("live.page", "GET"): Route(at("/live"), EVERYBODY, queries=("?asks=0&seen=0",)),
    # overrides and emergencies
    ("overrides.ask", "GET"): Route(at("/cases/{case}/research/{field}/override"), ACTORS, scoped=True),
    ("overrides.send", "POST"): Route(
        at("/cases/{case}/research/{field}/override"),
        ACTORS,
        form(**_OVERRIDE),
        forms=(form(**(_OVERRIDE | {"until-year": "2036"})), form()),
        scoped=True,
    ),
    ("overrides.index", "GET"): Route(at("/cases/{case}/overrides"), ACTORS, scoped=True),
    ("overrides.show", "GET"): Route(at("/cases/{case}/overrides/{override}"), ACTORS, scoped=True),
    ("overrides.approve", "POST"): Route(
        at("/cases/{case}/overrides/{override}/approve"), ACTORS, form(reason="I agree"), scoped=True
    ),
    ("overrides.refuse", "POST"): Route(
        at("/cases/{case}/overrides/{override}/refuse"),
        ACTORS,
        form(reason="A summary would do"),
        forms=(form(),),
        scoped=True,
    ),
    ("overrides.end", "POST"): Route(at("/cases/{case}/overrides/{override}/end"), ACTORS, scoped=True),
    ("emergency.ask", "GET"): Route(at("/cases/{case}/emergency"), ACTORS, scoped=True),
    ("emergency.begin", "POST"): Route(
        at("/cases/{case}/emergency"),
        ACTORS,
        form(reason="He is outside her flat"),
        forms=(form(),),
        scoped=True,
    ),
    ("emergency.end", "POST"): Route(at("/cases/{case}/emergency/end"), ACTORS, scoped=True),
    ("desk.find", "GET"): Route(at("/find"), MEMBERS),
    ("desk.find", "POST"): Route(
        at("/find"),
        MEMBERS,
        form(**{"name": "Maria Kowalczyk", "born-day": "3", "born-month": "3", "born-year": "1992"}),
        forms=(
            form(reference="{ref}"),
            form(nhs="943 476 5919"),
            form(uprn="100012345678"),
            form(line="12 Mill Street", postcode="LS1 4ZZ"),
            form(name="Hiden Persson"),
            form(name="Kowalcyzk Mary"),
            form(**{"name": "Hidden Person", "born-day": "1", "born-month": "2", "born-year": "1980"}),
            form(),
        ),
    ),
    # consents
    ("consents.index", "GET"): Route(at("/cases/{case}/consents"), MEMBERS, scoped=True),
    ("consents.begin", "POST"): Route(at("/cases/{case}/consents/begin"), TAKERS, scoped=True),
    ("consents.ask", "GET"): Route(at("/cases/{case}/consents/ask/person"), TAKERS, scoped=True),
    ("consents.ask", "POST"): Route(
        at("/cases/{case}/consents/ask/person"),
        TAKERS,
        form(person="{victim}"),
        forms=(form(person="{perpetrator}"), form()),
        scoped=True,
    ),
    ("consents.check", "GET"): Route(at("/cases/{case}/consents/check"), TAKERS, scoped=True),
    ("consents.stop", "GET"): Route(at("/cases/{case}/consents/stop"), TAKERS, scoped=True),
    ("consents.record", "POST"): Route(
        at("/cases/{case}/consents/record"), TAKERS, form(outcome="grant", turn="none"), scoped=True
    ),
    ("consents.withdraw", "POST"): Route(
        at("/cases/{case}/consents/{consent}/withdraw"), MEMBERS, scoped=True
    ),
    ("consents.withdrawn", "GET"): Route(
        at("/cases/{case}/consents/{consent}/withdrawn"), MEMBERS, scoped=True
    ),
    # asking
    ("asking.ask", "GET"): Route(at("/cases/{case}/ask"), MEMBERS, scoped=True),
    ("asking.ask", "POST"): Route(
        at("/cases/{case}/ask"),
        MEMBERS,
        form(to="nhs", about="{victim}", class_name="health", text="Is she seen by the crisis team?"),
        forms=(
            form(to="police", about="*", class_name="offending", text="Is he on bail?"),
            form(to="*", about="{victim}", class_name="wishes", text="Where does she want to live?"),
            form(to="nhs", about="{perpetrator}", class_name="health.mental", text=""),
            form(),
        ),
        scoped=True,
    ),
    ("asking.sent", "GET"): Route(at("/cases/{case}/ask/{question}"), MEMBERS, scoped=True),
    ("asking.question", "GET"): Route(at("/questions/{question}"), MEMBERS, scoped=True),
    ("asking.done", "POST"): Route(at("/questions/{question}/done"), MEMBERS, scoped=True),
    # meetings
    ("meetings.index", "GET"): Route(at("/meetings"), ROOM),
    ("meetings.show", "GET"): Route(at("/meetings/{meeting}"), ROOM, scoped=True),
    ("meetings.checkpoint", "GET"): Route(at("/meetings/{meeting}/checkpoint"), ROOM, scoped=True),
    ("meetings.live", "GET"): Route(at("/meetings/{meeting}/room"), ROOM, scoped=True),
    ("meetings.sign", "POST"): Route(at("/meetings/{meeting}/statement"), ROOM, scoped=True),
    ("meetings.apologise", "POST"): Route(at("/meetings/{meeting}/apologies"), ROOM, scoped=True),
    ("meetings.join", "POST"): Route(at("/meetings/{meeting}/join"), ROOM, scoped=True),
    ("meetings.leave", "POST"): Route(at("/meetings/{meeting}/leave"), ROOM, scoped=True),
    ("meetings.start", "POST"): Route(at("/meetings/{meeting}/start"), CHAIRS, scoped=True),
    ("meetings.move_on", "POST"): Route(at("/meetings/{meeting}/next"), CHAIRS, scoped=True),
    ("meetings.write_risk", "POST"): Route(
        at("/meetings/{meeting}/risk"),
        CHAIRS,
        form(level="High risk", text="Risk of harm"),
        forms=(form(),),
        scoped=True,
    ),
    ("meetings.add_action", "POST"): Route(
        at("/meetings/{meeting}/actions"),
        ACTORS,
        form(
            **{
                "text": "Fit an alarm",
                "staff_id": "{rep}",
                "due-day": "1",
                "due-month": "12",
                "due-year": "2026",
            }
        ),
        forms=(form(),),
        scoped=True,
    ),
    ("meetings.let_back", "POST"): Route(
        at("/meetings/{meeting}/let-back"), CHAIRS, form(staff_id="{rep}"), scoped=True
    ),
    ("meetings.action", "GET"): Route(at("/actions/{action}"), ACTORS, scoped=True),
    ("meetings.settle", "POST"): Route(
        at("/actions/{action}"),
        ACTORS,
        form(status="not-possible"),
        forms=(form(status="done"),),
        scoped=True,
    ),
    ("meetings.conflict", "GET"): Route(at("/cases/{case}/conflict"), MEMBERS, scoped=True),
    ("meetings.declare_conflict", "POST"): Route(at("/cases/{case}/conflict"), MEMBERS, scoped=True),
    # notices, recalls, reviews after a withdrawal
    ("notices.index", "GET"): Route(at("/notices"), EVERYBODY),
    ("notices.show", "GET"): Route(at("/notices/{notice}"), EVERYBODY, scoped=True),
    ("notices.show", "POST"): Route(
        at("/notices/{notice}"),
        EVERYBODY,
        form(how="destroyed"),
        forms=(form(how="kept-by-law"), form()),
        scoped=True,
    ),
    ("notices.recalls", "GET"): Route(at("/recalls"), MEMBERS),
    ("notices.recall", "GET"): Route(at("/recalls/{recall}"), MEMBERS, scoped=True),
    ("notices.review", "GET"): Route(at("/reviews/{review}"), LOOKS_AFTER, scoped=True),
    ("notices.review", "POST"): Route(
        at("/reviews/{review}"),
        LOOKS_AFTER,
        form(outcome="goes-on", note="Still at risk"),
        forms=(form(),),
        scoped=True,
    ),
    # information governance
    ("governance.index", "GET"): Route(at("/governance/disclosures"), IG),
    ("governance.index", "POST"): Route(
        at("/governance/disclosures"),
        IG,
        form(why="audit", case="{ref}"),
        forms=(
            form(
                **{
                    "why": "complaint",
                    "name": "Maria Kowalczyk",
                    "born-day": "3",
                    "born-month": "3",
                    "born-year": "1992",
                }
            ),
            form(why="audit", agency="homes"),
            form(why="audit", code="K7QX-2MFD-94TW"),
            form(),
        ),
    ),
    ("governance.show", "GET"): Route(at("/governance/disclosures/{event}"), IG, scoped=True),
    ("governance.check", "GET"): Route(at("/governance/disclosures/{event}/check"), IG, scoped=True),
    ("governance.proof", "GET"): Route(at("/governance/disclosures/{event}/proof"), IG, scoped=True),
    ("governance.leaf", "GET"): Route(at("/governance/disclosures/{event}/leaf"), IG, scoped=True),
    ("governance.log", "GET"): Route(at("/governance/log"), IG),
    ("governance.copy", "GET"): Route(at("/governance/log/copy"), IG),
    ("governance.key", "GET"): Route(at("/governance/log/key"), IG),
    ("governance.policy", "GET"): Route(at("/governance/log/policy"), IG),
    ("governance.meaning", "GET"): Route(at("/governance/log/meaning"), IG),
    ("copying.copy", "GET"): Route(at("/api/log/copy"), None, queries=("", "?from=1", "?from=x")),
    ("explaining.index", "GET"): Route(at("/governance/why"), IG),
    ("explaining.index", "POST"): Route(
        at("/governance/why"), IG, form(class_name="health.mental"), forms=(form(class_name="nothing"),)
    ),
    ("rules.index", "GET"): Route(at("/governance/rules"), IG, queries=("", "?kind=police&about=health")),
    ("rules.version", "GET"): Route(at("/governance/rules/versions/{version}"), IG, scoped=True),
    ("rules.start", "POST"): Route(
        at("/governance/rules/drafts"), IG, form(why="Too much is shown"), forms=(form(why=""),)
    ),
    ("rules.draft", "GET"): Route(at("/governance/rules/drafts/{draft}"), IG, scoped=True),
    ("rules.rule", "GET"): Route(
        at("/governance/rules/drafts/{draft}/rule"), IG, queries=("", "?id=r-new-1"), scoped=True
    ),
    ("rules.rule", "POST"): Route(
        at("/governance/rules/drafts/{draft}/rule"),
        IG,
        form(effect="forbid", classes="dash.score"),
        forms=(form(effect="permit"), form()),
        scoped=True,
    ),
    ("rules.remove", "POST"): Route(
        at("/governance/rules/drafts/{draft}/remove"), IG, form(rule="r-new-1"), scoped=True
    ),
    ("rules.drop", "POST"): Route(at("/governance/rules/drafts/{draft}/drop"), IG, scoped=True),
    ("rules.rebase", "POST"): Route(at("/governance/rules/drafts/{draft}/rebase"), IG, scoped=True),
    ("rules.changes", "GET"): Route(at("/governance/rules/drafts/{draft}/changes"), IG, scoped=True),
    ("rules.send", "POST"): Route(at("/governance/rules/drafts/{draft}/send"), IG, scoped=True),
    ("rules.take_back", "POST"): Route(at("/governance/rules/drafts/{draft}/take-back"), IG, scoped=True),
    ("rules.accept", "POST"): Route(
        at("/governance/rules/drafts/{draft}/accept"), IG, form(ticked="0"), scoped=True
    ),
    ("rules.publish", "POST"): Route(at("/governance/rules/drafts/{draft}/publish"), IG, scoped=True),
    ("agreements.index", "GET"): Route(at("/governance/agreements"), IG),
    ("agreements.new", "GET"): Route(at("/governance/agreements/new"), IG, queries=("", "?like=agr_unknown")),
    ("agreements.new", "POST"): Route(at("/governance/agreements/new"), IG, form(title="Another")),
    ("agreements.show", "GET"): Route(at("/governance/agreements/{agreement}"), IG, scoped=True),
    ("agreements.change", "GET"): Route(at("/governance/agreements/{agreement}/change"), IG, scoped=True),
    ("agreements.change", "POST"): Route(
        at("/governance/agreements/{agreement}/change"), IG, form(title=""), scoped=True
    ),
    ("agreements.sign", "POST"): Route(
        at("/governance/agreements/{agreement}/sign"), IG, form(seen="x"), scoped=True
    ),
    ("agreements.end", "POST"): Route(
        at("/governance/agreements/{agreement}/end"),
        IG,
        form(why="Renewed"),
        forms=(form(why=""),),
        scoped=True,
    ),
    ("agreements.installed", "GET"): Route(at("/governance/agreements/installed/dsa-1"), IG, scoped=True),
    ("agreements.installed", "POST"): Route(
        at("/governance/agreements/installed/dsa-1"), IG, form(why=""), scoped=True
    ),
    ("reviews.index", "GET"): Route(at("/governance/reviews"), IG),
    ("reviews.show", "GET"): Route(at("/governance/reviews/{wrong_review}"), IG, scoped=True),
    ("reviews.show", "POST"): Route(
        at("/governance/reviews/{wrong_review}"), IG, form(outcome="done", note="Done"), scoped=True
    ),
    ("reviews.notices", "GET"): Route(at("/governance/notices"), IG),
    ("reviews.notice", "GET"): Route(at("/governance/notices/{notice}"), IG, scoped=True),
    ("reviews.notice", "POST"): Route(
        at("/governance/notices/{notice}"), IG, form(how="destroyed"), forms=(form(),), scoped=True
    ),
    ("wrong.index", "GET"): Route(at("/governance/wrong"), IG),
    ("wrong.report", "GET"): Route(at("/governance/disclosures/{event}/wrong"), IG, scoped=True),
    ("wrong.report", "POST"): Route(
        at("/governance/disclosures/{event}/wrong"),
        IG,
        form(fault="shown", items="0", what="A wrong rule"),
        forms=(form(), form(fault="value", items="0", what="A wrong date")),
        scoped=True,
    ),
    ("wrong.show", "GET"): Route(at("/governance/wrong/{report}"), IG, scoped=True),
    ("wrong.told", "POST"): Route(at("/governance/wrong/{report}/told"), IG, form(who="dpo"), scoped=True),
    ("wrong.note", "POST"): Route(
        at("/governance/wrong/{report}/notes"), IG, form(text="Rang them"), forms=(form(),), scoped=True
    ),
    ("wrong.decide", "POST"): Route(
        at("/governance/wrong/{report}/decision"),
        IG,
        form(reportable="no", why="Encrypted"),
        forms=(form(),),
        scoped=True,
    ),
    ("wrong.correct", "POST"): Route(at("/governance/wrong/{report}/corrections"), IG, scoped=True),
    ("retention.index", "GET"): Route(at("/governance/retention"), IG),
    ("retention.index", "POST"): Route(
        at("/governance/retention"), IG, form(reference="{ref}"), forms=(form(reference="NM-AAAAAA"), form())
    ),
    ("retention.years", "GET"): Route(at("/governance/retention/schedule"), IG),
    ("retention.set_years", "GET"): Route(at("/governance/retention/schedule/tenancy"), IG),
    ("retention.set_years", "POST"): Route(
        at("/governance/retention/schedule/tenancy"),
        IG,
        form(trigger="last-contact", years="0"),
        forms=(form(trigger="case-lapse", years="many"), form()),
    ),
    ("retention.case", "GET"): Route(at("/governance/retention/cases/{case}"), IG, scoped=True),
    ("retention.hold", "POST"): Route(
        at("/governance/retention/cases/{case}/hold"),
        IG,
        form(reason="An inquest"),
        forms=(form(reason="A claim", person="{victim}"), form(reason="", person="{child}"), form()),
        scoped=True,
    ),
    ("retention.person", "GET"): Route(_kept, IG, scoped=True),
    ("retention.person", "POST"): Route(
        _kept,
        IG,
        form(why="due"),
        forms=(form(records="rec_" + "a" * 26, why="due"), form()),
        scoped=True,
    ),
    ("retention.died", "POST"): Route(
        at("/governance/retention/cases/{case}/died"),
        IG,
        form(**{"person": "{victim}", "died-day": "1", "died-month": "5", "died-year": "2026"}),
        forms=(
            form(**{"person": "{victim}", "died-day": "1", "died-month": "5", "died-year": "2036"}),
            form(person="{child}"),
        ),
        scoped=True,
    ),
    ("retention.lift", "POST"): Route(at("/governance/retention/holds/{hold}/lift"), IG, scoped=True),
    ("retention.proposal", "GET"): Route(at("/governance/retention/proposals/{erasure}"), IG, scoped=True),
    ("retention.approve", "POST"): Route(
        at("/governance/retention/proposals/{erasure}/approve"), IG, scoped=True
    ),
    ("retention.refuse", "POST"): Route(
        at("/governance/retention/proposals/{erasure}/refuse"), IG, scoped=True
    ),
    ("wrong.close", "POST"): Route(at("/governance/wrong/{report}/close"), IG, scoped=True),
}
