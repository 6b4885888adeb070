"""The complex needs cases of the story: here consent decides. Everybody in them, and everything, is invented."""
# ruff: noqa: E501 - a field is easiest to read as one line

from __future__ import annotations

from conference.cases.models import PersonRole, Research
from conference.demo.telling import Said, Told

V, O = PersonRole.VICTIM, PersonRole.OTHER
SENT, NIL, BEGUN, NONE = Research.SENT, Research.NIL, Research.IN_PROGRESS, Research.NOT_STARTED

GEORGE = Told(
    "george",
    {"george": V},
    {"homes": SENT, "adult-care": SENT, "nhs": SENT, "safety": SENT, "mental-health": NONE},
    (
        Said("homes", "identity.name", "george", "George Hallam", source="Tenancy file"),
        Said("homes", "identity.dob", "george", "{72/05-30}", source="Tenancy file"),
        Said("homes", "tenancy.history", "george", "Lives there since {-9000}; no complaint until last year", source="Tenancy file", days=30),
        Said("homes", "tenancy.notice", "george", "Notice to let the gas be checked, served {-20}", summary="A notice about access", source="Tenancy file", days=20),
        Said("homes", "tenancy.support", "george", "Clutter rating 7 of 9 in the living room, 8 in the kitchen; one way out is blocked", summary="Hoarding that blocks a way out", kind="opinion", source="Visit {-18}", days=18, why="Fire"),
        Said("homes", "safety.staff-alert", "george", "Floor gives way by the back door", summary="Use the front door only", source="Visit {-18}", days=18),
        Said("adult-care", "care.needs", "george", "Eats cold food; cannot reach the cooker. Accepts a visitor on Thursdays", summary="Needs help with meals", source="Assessment {-12}", days=12),
        Said("adult-care", "care.capacity", "george", "Decision about clearing one room, {-12}: has capacity", summary="Can decide about his rooms", kind="opinion", source="Assessor D. Osei", days=12),
        Said("adult-care", "wishes", "george", "His papers stay in order. One room at a time, and he chooses which.", kind="opinion", source="Visit {-12}", days=12),
        Said("nhs", "health.physical", "george", "COPD; oxygen at home since {-40}", summary="Oxygen at home", source="Respiratory clinic", days=40, why="Oxygen and fire"),
        Said("safety", "asb.record", "george", "Smell and vermin reported by two neighbours", summary="Two reports by neighbours", source="ASB case 130", days=22),
    ),
    opened=25, due=-6, referrer="grace.obi", extra=("dina.haddad", "meera.joshi"),
)

LEILA = Told(
    "leila",
    {"leila": V},
    {"homes": SENT, "mental-health": SENT, "nhs": SENT, "adult-care": BEGUN},
    (
        Said("homes", "identity.name", "leila", "Leila Farahani", source="Tenancy file"),
        Said("homes", "identity.dob", "leila", "{33/07-16}", source="Tenancy file"),
        Said("homes", "tenancy.status", "leila", "Assured tenancy, 40 Kiln Lane, since {-1100}", source="Tenancy file", days=21),
        Said("homes", "tenancy.arrears", "leila", "£1,905; no payment since {-130}", summary="Arrears since {-130}", source="Rent account", days=3),
        Said("homes", "tenancy.notice", "leila", "Notice seeking possession drafted, not served", "summary", summary="A notice is being considered", source="Tenancy file", days=3),
        Said("mental-health", "health.mental", "leila", "Two weeks on the ward until {-28}, low mood; could not open letters. Sees the community team weekly", summary="Was unwell from {-150}; is recovering, and could not deal with letters", source="Trust record", days=14, why="Explains the arrears"),
        Said("mental-health", "health.medication", "leila", "Mirtazapine 30 mg", "none", source="Trust record", days=14, why_not="Not needed to keep a tenancy"),
        Said("mental-health", "wishes", "leila", "To keep the flat, and to be rung before anybody writes.", kind="opinion", source="Care coordinator", days=6),
    ),
    opened=22, due=-3, referrer="grace.obi", extra=("omar.farouk", "dina.haddad"),
)

KWAME = Told(
    "kwame",
    {"kwame": V},
    {"homes": SENT, "nhs": SENT, "mental-health": SENT, "brightwater": SENT, "adult-care": NIL},
    (
        Said("homes", "identity.name", "kwame", "Kwame Mensah", source="Tenancy file"),
        Said("homes", "identity.dob", "kwame", "{46/04-12}", source="Tenancy file"),
        Said("homes", "tenancy.status", "kwame", "Starter tenancy, 8 Foundry Close, until {+60}", source="Tenancy file", days=18),
        Said("homes", "tenancy.arrears", "kwame", "£220", summary="Small arrears", source="Rent account", days=4),
        Said("nhs", "health.physical", "kwame", "Awaiting a knee operation; cannot manage stairs", summary="Needs a ground floor", source="Orthopaedic clinic", days=15),
        Said("mental-health", "health.mental", "kwame", "Assessment after bereavement, {-35}", summary="Recent bereavement", source="Trust record", days=16),
        Said("brightwater", "health.substance", "kwame", "Came to the group three times, not since {-30}", summary="Known to us", source="Brightwater record", days=16),
        Said("homes", "wishes", "kwame", "A flat without stairs. His health is his own business.", kind="opinion", source="Phone call {-2}", days=2),
    ),
    opened=20, due=-5, referrer="grace.obi", extra=("dina.haddad",),
)

ROSA = Told(
    "rosa",
    {"rosa": V, "luis": O},
    {"homes": SENT, "brightwater": SENT, "nhs": NONE, "adult-care": BEGUN, "safety": SENT},
    (
        Said("homes", "identity.name", "rosa", "Rosa Delgado", source="Tenancy file"),
        Said("homes", "identity.dob", "rosa", "{58/11-19}", source="Tenancy file"),
        Said("homes", "identity.name", "luis", "Luis Delgado", source="Tenancy file"),
        Said("homes", "tenancy.status", "rosa", "Secure tenancy, 3 Weaver Street, since {-5200}", source="Tenancy file", days=12),
        Said("homes", "tenancy.arrears", "rosa", "£760", summary="Arrears", source="Rent account", days=2),
        Said("brightwater", "health.substance", "rosa", "Alcohol; eleven weeks without since {-77}. Group on Tuesdays", summary="In recovery, and doing well", source="Brightwater record", days=5, why="An eviction would undo it"),
        Said("adult-care", "care.needs", "rosa", "Carer for her brother Luis, who is blind", summary="Cares for a relative", source="Adult care record", days=8),
        Said("safety", "asb.record", "luis", "Visitors at night, {-19}; nothing since", summary="One report, {-19}", source="ASB case 133", days=19),
    ),
    opened=13, due=-1, referrer="grace.obi", extra=("dina.haddad",),
    together=(("rosa", "luis", "Sister and brother", "homes"),),
)

ALL = (GEORGE, LEILA, KWAME, ROSA)
