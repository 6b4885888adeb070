"""What the officers of the story do: agreements entered and signed, a change of the rules put forward."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from conference import clock
from conference.demo.people import AGENCIES, OFFICER, PARTNERSHIP
from conference.demo.telling import Teller
from conference.sharing import policy
from conference.sharing.agreements import services as agreements
from conference.sharing.agreements.register import find
from conference.sharing.agreements.terms import Terms
from conference.sharing.drafts import publishing
from conference.sharing.drafts import services as drafts

EVERYBODY = tuple(sorted(agency for agency, *_ in AGENCIES))
ANSWERS = {
    "aims": "To protect people at high risk of harm, and to help people keep their homes.",
    "controllers": "Each agency is controller of its own records. What the conference writes is the joint "
    "responsibility of the agencies that attend.",
    "basis": "Public agencies: public task, Crime and Disorder Act 1998 s115, Children Act 2004 s10 and Care "
    "Act 2014 s6. Police: law enforcement. Others: recognised legitimate interest, or consent.",
    "special": "Schedule 1 paragraphs 10 and 18. Each agency keeps its own appropriate policy document.",
    "access": "Trained members of the panel who work on the case, and each agency's IG officers.",
    "retention": "Three years after the last meeting about somebody, then erased.",
    "security": "Sealed by agency, each page that is shown is logged, a second check at every sign-in.",
    "rights": "Whoever is asked answers for its own information, and tells the others within two days.",
    "contact": "The information governance team of each agency, at its shared address.",
    "dpia": "DPIA 7, agreed with this agreement and looked at again with it.",
}


def agree(teller: Teller) -> None:
    """The agreement that everything rests on: entered by the police, signed by all within a day."""
    with clock.held(teller.days.at(-399, 11)):
        made = _enter(
            teller,
            OFFICER["police"],
            title="Northmoor information sharing agreement",
            parties=EVERYBODY,
            purposes=("prevent-serious-harm", "tenancy-support"),
            classes=_every_kind(),
            starts=teller.days.day(-399),
            ends=teller.days.day(365),
            review_on=teller.days.day(21),
        )
    for number, agency in enumerate(EVERYBODY):
        with clock.held(teller.days.at(-399, 12, 5 * number)):
            _sign(teller, OFFICER[agency], made)


def propose(teller: Teller) -> None:
    """An agreement that one agency has signed and another has not; a rule that waits to be accepted."""
    with clock.held(teller.days.at(-5, 14)):
        made = _enter(
            teller,
            OFFICER["childrens"],
            title="Early help in Northmoor",
            parties=("childrens", "homes", "nhs"),
            purposes=("early-help",),
            classes=("identity", "family", "tenancy", "wishes"),
            starts=teller.days.day(-5),
            ends=teller.days.day(360),
            review_on=teller.days.day(180),
        )
        _sign(teller, OFFICER["childrens"], made)
    officer = teller.viewer(OFFICER["homes"])
    with clock.held(teller.days.at(-4, 11)):
        draft = drafts.start(
            teller.session,
            officer,
            why="Support workers visit without knowing what help is in place",
            at=clock.now(),
        )
        rule = {
            **_rule("r-p3-care-full"),
            "id": drafts.new_rule_id(draft, "permit"),
            "classes": ["care.needs"],
        }
        rule |= {"owners": {"agencies": ["adult-care"]}}
        rule["recipients"] = {"agencies": ["homes"], "roles": rule["recipients"]["roles"]}
        drafts.put_rule(teller.session, officer, draft.id, rule, at=clock.now())
        publishing.send(teller.session, officer, draft.id, at=clock.now())


def _enter(teller: Teller, who: str, *, starts: date, ends: date, review_on: date, **said: Any) -> str:
    terms = Terms(starts=starts, ends=ends, review_on=review_on, answers=ANSWERS, **said)
    return agreements.add(teller.session, teller.viewer(who), terms, at=clock.now()).id


def _sign(teller: Teller, who: str, agreement_id: str) -> None:
    session, officer = teller.session, teller.viewer(who)
    offer = agreements.to_sign(session, officer, find(session, PARTNERSHIP, agreement_id), clock.now())
    if offer is None:
        raise LookupError(agreement_id)
    agreements.sign(session, officer, agreement_id, seen=offer.mark, at=clock.now())


def _template() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(policy.TEMPLATE.read_text("utf-8"))
    return found


def _every_kind() -> tuple[str, ...]:
    return tuple(sorted({known["name"].split(".")[0] for known in _template()["classes"]}))


def _rule(name: str) -> dict[str, Any]:
    return next(dict(rule) for rule in _template()["rules"] if rule["id"] == name)
