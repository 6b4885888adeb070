"""The whole story, told through the services that pages use: the same every time, but for the dates.

The same goes for the keys that seal it, so whoever has this file can make them. Nobody in it exists, and
nothing real belongs in a demo.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from conference import clock, ids
from conference.cases import services as cases
from conference.cases.models import Case, ConferenceType
from conference.db import Database
from conference.demo import brought_in, governing, lately, looked, marac, meeting
from conference.demo import complex as complex_needs
from conference.demo.dates import Days
from conference.demo.people import AGENCIES, CHAIR, EMAIL, NAME, PARTNERSHIP, PREFIX, STAFF
from conference.demo.telling import Teller, Told
from conference.identity import services as identity
from conference.identity.models import Partnership
from conference.sharing import consents, policy
from conference.sharing.door import disclose
from conference.sharing.models import ConsentRow
from conference.sharing.taking.taken import Taken
from conference.sharing.taking.wording import CURRENT
from conference.trail import roster
from conference.trail.sequencer import place

SEED = "demo story"
AT_HER_FLAT = Taken(
    way="aloud",
    wording=CURRENT,
    safe=True,
    alone=True,
    able=True,
    able_note="She named each agency back, and said what would follow from a no",
)
Tell = Callable[[str], None]


def is_told(session: Session) -> bool:
    """Whether the database holds the story."""
    return session.get(Partnership, PARTNERSHIP) is not None


def tell(database: Database, *, say: Tell) -> None:
    """Tell it, in one transaction: all of it, or nothing."""
    days = Days(clock.today())
    with ids.repeating(SEED), database.write() as session:
        session.info["channel"] = "system"
        teller = Teller(session, days)
        say("Agencies and staff")
        with clock.held(days.at(-400)):
            _partnership(teller)
        with clock.held(days.at(-399)):
            kinds = _agreed(teller)
        for told in marac.ALL:
            say(f"Case {teller.tell(told, kinds['MARAC']).reference}")
        for told in complex_needs.ALL:
            say(f"Case {_complex(teller, told, kinds).reference}")
        say("What comes from agencies' own systems")
        with clock.held(days.at(-7, 15)):
            _imports(teller)
        say("What people have said about sharing")
        _said(teller)
        say("Meetings")
        meeting.tell(teller, kinds)
        say("Who has looked")
        looked.tell(teller)
        say("What waits for somebody")
        governing.propose(teller)
        lately.tell(teller)
    say("Placing what happened in the log")
    place(database, PARTNERSHIP)


def _partnership(teller: Teller) -> None:
    session = teller.session
    identity.add_partnership(session, PARTNERSHIP, name=NAME, reference_prefix=PREFIX)
    for position, (agency, name, kind, sector) in enumerate(AGENCIES):
        identity.add_agency(
            session,
            PARTNERSHIP,
            agency,
            name=name,
            kind=kind,
            sector=sector,
            position=position,
            email_domains=[EMAIL[agency]],
        )
    roster.refresh(session, PARTNERSHIP)
    for subject, agency, name, roles in STAFF:
        made = identity.add_staff(
            session,
            agency,
            subject=subject,
            name=name,
            roles=roles,
            trained_until=teller.days.day(300),
        )
        teller.staff[subject] = made.id


def _agreed(teller: Teller) -> dict[str, ConferenceType]:
    """The default policy, the agreement that all sign, and the conference types."""
    session = teller.session
    agencies = identity.list_agencies(session, PARTNERSHIP)
    document = policy.default_document(agencies, version="northmoor-1", agreements=[])
    chair = teller.by(CHAIR)
    policy.publish(
        session, PARTNERSHIP, document, actor=chair.staff_id, agency=chair.agency_id, at=clock.now()
    )
    governing.agree(teller)
    purposes = {"MARAC": "prevent-serious-harm", "Complex needs panel": "tenancy-support"}
    return {
        name: cases.add_conference_type(session, partnership_id=PARTNERSHIP, name=name, purpose=purpose)
        for name, purpose in purposes.items()
    }


def _complex(teller: Teller, told: Told, kinds: dict[str, ConferenceType]) -> Case:
    return teller.tell(told, kinds["Complex needs panel"])


def _imports(teller: Teller) -> None:
    brought_in.fhir(
        teller,
        "maria",
        "kiran.shah",
        {
            "identity.nhs-number": ("none", ""),
            "health.appointment": ("summary", "Seen for an injury to the neck on {-13}"),
            "health.physical": ("full", "An earlier fracture, explained by a fall"),
            "health.mental": ("presence", ""),
            "health.medication": ("presence", ""),
        },
    )
    brought_in.fhir(
        teller, "leila", "kiran.shah", {"health.appointment": ("full", "A health appointment on {+6}")}
    )
    brought_in.extract(
        teller,
        "maria",
        "sam.okafor",
        "maria-tenancy.csv",
        "housing-tenancy",
        {
            "identity.name": ("full", ""),
            "tenancy.status": ("full", "Secure tenancy since 2 May 2019, with him"),
            "tenancy.arrears": ("summary", "Some arrears, being paid off"),
            "tenancy.support": ("full", "Visited by a tenancy worker"),
            "asb.record": ("full", "Noise case, open"),
        },
    )
    brought_in.extract(
        teller,
        "thanh",
        "priya.nair",
        "thanh-incident.csv",
        "police-incident",
        {"offending.incident": ("full", "An incident at home")},
    )


def _said(teller: Teller) -> None:
    """Consents for tenancy support: one given, one given with an exception, one taken back."""
    until = clock.moment(teller.days.at(350, 0))
    everybody = ["homes", "mental-health", "nhs", "adult-care", "brightwater"]
    word: dict[str, Any] = {"decision": "grant", "purposes": ["tenancy-support"], "until": until}
    health = {**word, "recipients": everybody, "classes": ["health", "care", "tenancy", "wishes", "contact"]}
    given = (
        ("leila", "lucy.brennan", health, AT_HER_FLAT),
        (
            "rosa",
            "elena.petrova",
            {**health, "except": [{"decision": "refuse", "classes": ["health.mental"]}]},
            "Alone, after the group; she asked that mental health be left out",
        ),
        (
            "george",
            "david.osei",
            {**health, "recipients": ["homes", "nhs", "adult-care"]},
            "At his table, {-12}",
        ),
    )
    for name, who, words, how in given:
        with clock.held(teller.days.at(-10, 11)):
            _record(teller, name, who, words, how)
    with clock.held(teller.days.at(-16, 11)):
        row = _record(teller, "kwame", "sam.okafor", health, "By telephone, alone")
    with clock.held(teller.days.at(-6, 9)):
        teller.session.info["request"] = ids.new_id("req")
        disclose(teller.session, teller.viewer("dina.haddad"), [teller.cases["kwame"]], channel="screen")
        teller.session.info.pop("request")
    with clock.held(teller.days.at(-2, 16)):
        consents.withdraw(
            teller.session, teller.cases["kwame"], row, by=teller.by("sam.okafor"), at=clock.now()
        )


def _record(teller: Teller, name: str, who: str, word: dict[str, Any], how: str | Taken) -> ConsentRow:
    victim = next(iter(teller.people[name].values()))
    return consents.record_consent(
        teller.session,
        teller.cases[name],
        victim,
        word=word,
        how=teller.days.told(how) if isinstance(how, str) else how,
        by=teller.by(who),
        at=clock.now(),
    )
