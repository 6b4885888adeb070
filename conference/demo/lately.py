"""What waits for somebody: a question, an override to approve, an emergency to review."""

from __future__ import annotations

from datetime import timedelta

from conference import clock, ids
from conference.demo.telling import Teller
from conference.sharing.asking import services as asking
from conference.sharing.door import disclose
from conference.sharing.overrides import services as overrides


def tell(teller: Teller) -> None:
    """All of it, each as a request of its own."""
    for told in (_question, _override, _emergency):
        teller.session.info["request"] = ids.new_id("req")
        told(teller)
    teller.session.info.pop("request")


def _question(teller: Teller) -> None:
    with clock.held(teller.days.at(-1, 19)):
        asking.ask(
            teller.session,
            teller.viewer("yasmin.akhtar"),
            teller.cases["sian"],
            to="childrens",
            person_id=teller.people["sian"]["dylan"],
            class_name="family.school",
            text="Who may fetch Dylan from school? His father's next visit to us is soon.",
            at=clock.now(),
        )


def _override(teller: Teller) -> None:
    """The police would tell the IDVA, in a summary, what they keep back; a colleague must approve."""
    session, asker, case = teller.session, teller.viewer("priya.nair"), teller.cases["maria"]
    with clock.held(teller.days.at(-1, 20)):
        line = overrides.own_line(session, asker, case, teller.fields["maria/knife"])
        overrides.ask_override(
            session,
            asker,
            case,
            line,
            overrides.Typed(
                recipients=("haven",),
                level="summary",
                necessity="The IDVA meets her alone, and plans for her safety without knowing this",
                proportionality="Knowing only that something is held would not change the plan",
                basis="LE",
                until=clock.now() + timedelta(days=28),
            ),
            at=clock.now(),
        )


def _emergency(teller: Teller) -> None:
    """At night, somebody on duty opens a case that a colleague prepares; officers have to review it."""
    session, duty, case = teller.session, teller.viewer("fatima.rahman"), teller.cases["beth"]
    with clock.held(teller.days.at(-1, 22, 10)):
        overrides.break_glass(
            session,
            duty,
            case,
            "She is in the department, he is in the corridor asking for her",
            at=clock.now(),
        )
        disclose(session, duty, [case], channel="screen")
    with clock.held(teller.days.at(-1, 22, 40)):
        overrides.end_emergency(session, duty, case, at=clock.now())
