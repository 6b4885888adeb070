"""Who has looked at what in the last days, so that there is something to ask about in the log."""

from __future__ import annotations

from collections.abc import Sequence

from conference import clock, ids
from conference.cases import services as cases
from conference.demo.telling import Teller
from conference.sharing.door import disclose

# Case, who, days ago, hour, channel.
LOOKS = (
    ("seun", "sam.okafor", 15, 16, "screen"),
    ("seun", "kiran.shah", 15, 17, "screen"),
    ("seun", "carl.whitfield", 13, 9, "print"),
    ("sian", "nia.evans", 15, 11, "screen"),
    ("thanh", "sam.okafor", 4, 10, "screen"),
    ("maria", "kiran.shah", 3, 14, "screen"),
    ("maria", "nia.evans", 2, 9, "screen"),
    ("maria", "sam.okafor", 2, 15, "screen"),
    ("maria", "helen.marsh", 1, 17, "screen"),
    ("maria", "hana.said", 1, 18, "print"),
    ("leila", "sam.okafor", 1, 12, "screen"),
)
DUTY = "On call: she is in the department now and asks for the IDVA"


def tell(teller: Teller) -> None:
    """Each look as a request of its own; and a colleague on duty, who had to say why."""
    session, looks = teller.session, sorted(LOOKS, key=lambda look: (-look[2], look[3]))
    before = [look for look in looks if look[2] > 1]
    _look(teller, before)
    _on_duty(teller)
    _look(teller, looks[len(before) :])
    session.info.pop("request")


def _look(teller: Teller, looks: Sequence[tuple[str, str, int, int, str]]) -> None:
    session = teller.session
    for name, who, days, hour, channel in looks:
        with clock.held(teller.days.at(-days, hour, 5)):
            session.info["request"] = ids.new_id("req")
            disclose(session, teller.viewer(who), [teller.cases[name]], channel=channel)


def _on_duty(teller: Teller) -> None:
    session = teller.session
    with clock.held(teller.days.at(-2, 23, 40)):
        session.info["request"] = ids.new_id("req")
        duty, case = teller.viewer("fatima.rahman"), teller.cases["maria"]
        cases.give_reason(session, case.id, duty, DUTY, at=clock.now())
        disclose(session, duty, [case], channel="screen")
