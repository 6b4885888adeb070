"""The meetings of the story: one held, one today, two ahead."""

from __future__ import annotations

from conference import clock
from conference.cases.models import ConferenceType
from conference.demo.people import CHAIR, COORDINATOR, PANEL, PANEL_OF_COMPLEX, PARTNERSHIP, RESEARCHER
from conference.demo.telling import Teller
from conference.meetings import conduct, outcomes
from conference.meetings import services as meetings
from conference.meetings.models import ActionStatus, Meeting, Series

HALL = "Town Hall, room 2"

# Case, what is to be done, by whom, due in days from today, sources.
ACTIONS = (
    ("seun", "Ask the clinic to keep a spare set of her insulin", "kiran.shah", -7, ("medicine",)),
    ("seun", "Help her open an account of her own", "hana.said", -3, ()),
    ("seun", "Stop action on the arrears for three months", "sam.okafor", 10, ()),
    ("sian", "Fit a camera and a stronger door", "sam.okafor", -4, ()),
    ("sian", "Ask for a stalking protection order", "priya.nair", 5, ("stalking",)),
    ("sian", "Meet Dylan at school", "nia.evans", -1, ()),
)
DONE = {("seun", "kiran.shah"): "Done on {-9}; the nurse has a set"}


def tell(teller: Teller, kinds: dict[str, ConferenceType]) -> None:
    """All of them, the earliest first."""
    with clock.held(teller.days.at(-60)):
        series = _series(teller, "Northmoor MARAC", kinds["MARAC"])
        panel = _series(teller, "Northmoor complex needs panel", kinds["Complex needs panel"])
    with clock.held(teller.days.at(-19)):
        past = _plan(teller, series, -14, ("seun", "sian"))
    _hold(teller, past)
    with clock.held(teller.days.at(-6)):
        today = _plan(teller, series, 0, ("maria", "thanh", "chloe", "daniel", "aisha"))
    with clock.held(teller.days.at(-2)):
        _plan(teller, panel, 7, ("george", "leila", "kwame", "rosa"))
        _plan(teller, series, 14, ("beth",), publish=False)
    with clock.held(teller.days.at(-1, 16)):
        for who in ("priya.nair", "hana.said", "sam.okafor", "nia.evans", CHAIR):
            conduct.sign_statement(teller.session, teller.viewer(who), today, at=clock.now())
        conduct.send_apologies(teller.session, teller.viewer("elena.petrova"), today, at=clock.now())


def _series(teller: Teller, name: str, kind: ConferenceType) -> Series:
    return meetings.add_series(teller.session, partnership_id=PARTNERSHIP, name=name, conference_type=kind)


def _plan(
    teller: Teller, series: Series, offset: int, names: tuple[str, ...], *, publish: bool = True
) -> Meeting:
    coordinator = teller.by(COORDINATOR)
    made = meetings.plan_meeting(
        teller.session,
        series,
        starts_at=teller.days.at(offset, 9, 30),
        ends_at=teller.days.at(offset, 12, 30),
        venue=HALL,
        by=coordinator,
    )
    for number, name in enumerate(names, start=1):
        meetings.list_case(teller.session, made, teller.cases[name], position=number * 10, by=coordinator)
    sitting = PANEL if series.conference_type.name == "MARAC" else PANEL_OF_COMPLEX
    invited = [teller.staff[who] for who in (*RESEARCHER.values(), *sitting)]
    meetings.invite(teller.session, made, invited, by=coordinator)
    if publish:
        meetings.publish_list(teller.session, made, by=coordinator)
    return made


def _hold(teller: Teller, past: Meeting) -> None:
    """Two weeks ago: who came, what was agreed, and what has been done since."""
    session, days = teller.session, teller.days
    came = [who for who in (*RESEARCHER.values(), *PANEL) if who not in {"lucy.brennan", "tom.ashworth"}]
    with clock.held(days.at(-14, 9, 20)):
        conduct.send_apologies(session, teller.viewer("lucy.brennan"), past, at=clock.now())
        for who in came:
            conduct.sign_statement(session, teller.viewer(who), past, at=clock.now())
            conduct.join(session, teller.viewer(who), past, at=clock.now())
    chair = teller.viewer(CHAIR)
    with clock.held(days.at(-14, 9, 30)):
        conduct.start(session, chair, past)
    for number, name in enumerate(("seun", "sian")):
        with clock.held(days.at(-14, 9, 35 + 15 * number)):
            conduct.move_on(session, chair, past, at=clock.now())
        with clock.held(days.at(-14, 9, 45 + 14 * number)):
            _agree(teller, past, name)
    with clock.held(days.at(-14, 10, 15)):
        conduct.move_on(session, chair, past, at=clock.now())
        for who in came:
            conduct.leave(session, teller.viewer(who), past, at=clock.now())


def _agree(teller: Teller, past: Meeting, name: str) -> None:
    session, case, chair = teller.session, teller.cases[name], teller.viewer(CHAIR)
    quoted = {"seun": "incident", "sian": "stalking"}[name]
    text = {
        "seun": "He uses her illness and her money. Risk is highest when his mother is away",
        "sian": "Stalking has grown since she changed her work. Dylan is drawn in",
    }[name]
    sources = [teller.fields[f"{name}/{quoted}"]]
    outcomes.write_risk(
        session, chair, past, case, level="High risk", text=text, sources=sources, at=clock.now()
    )
    for case_name, what, who, due, quotes in ACTIONS:
        if case_name != name:
            continue
        made = outcomes.add_action(
            session,
            chair,
            past,
            case,
            text=what,
            staff_id=teller.staff[who],
            due=teller.days.day(due),
            sources=[teller.fields[f"{name}/{quote}"] for quote in quotes],
            at=clock.now(),
        )
        note = DONE.get((name, who))
        if note is not None:
            with clock.held(teller.days.at(-9)):
                outcomes.settle_action(
                    session,
                    teller.viewer(who),
                    made.id,
                    ActionStatus.DONE,
                    note=teller.days.told(note),
                    at=clock.now(),
                )
