"""The partnership of the story: agencies and staff. All invented."""

from __future__ import annotations

from conference.permissions import Role

PARTNERSHIP = "northmoor"
NAME = "Northmoor"
PREFIX = "NM"

# id, name, kind, sector
AGENCIES = (
    ("police", "Northmoor Police", "police", "public"),
    ("childrens", "Northmoor Children's Services", "childrens", "public"),
    ("nhs", "Moorland NHS Trust", "nhs", "public"),
    ("mental-health", "Moorland Mental Health Trust", "mental-health", "public"),
    ("homes", "Northmoor Homes", "housing", "registered-provider"),
    ("probation", "Northmoor Probation", "probation", "public"),
    ("adult-care", "Northmoor Adult Care", "adult-care", "public"),
    ("haven", "Haven IDVA Service", "idva", "voluntary"),
    ("brightwater", "Brightwater Recovery", "substance", "voluntary"),
    ("safety", "Northmoor Community Safety", "asb", "public"),
)

_REP, _DEPUTY, _IG = (Role.REPRESENTATIVE,), (Role.DEPUTY,), (Role.IG_OFFICER,)

# subject, agency, name, roles
STAFF = (
    ("helen.marsh", "police", "Helen Marsh", (Role.CHAIR,)),
    ("priya.nair", "police", "Priya Nair", _REP),
    ("tom.ashworth", "police", "Tom Ashworth", _DEPUTY),
    ("rory.flynn", "police", "Rory Flynn", (Role.REFERRER,)),
    ("joanna.bell", "police", "Joanna Bell", _REP),
    ("ingrid.lund", "police", "Ingrid Lund", _IG),
    ("nia.evans", "childrens", "Nia Evans", _REP),
    ("peter.lomax", "childrens", "Peter Lomax", _DEPUTY),
    ("kiran.shah", "nhs", "Kiran Shah", _REP),
    ("fatima.rahman", "nhs", "Fatima Rahman", _REP),
    ("ian.gale", "nhs", "Ian Gale", _IG),
    ("lucy.brennan", "mental-health", "Lucy Brennan", _REP),
    ("omar.farouk", "mental-health", "Omar Farouk", _DEPUTY),
    ("sam.okafor", "homes", "Sam Okafor", _REP),
    ("dina.haddad", "homes", "Dina Haddad", _DEPUTY),
    ("marek.novak", "homes", "Marek Novak", _REP),
    ("grace.obi", "homes", "Grace Obi", (Role.REFERRER,)),
    ("iris.cole", "homes", "Iris Cole", _IG),
    ("carl.whitfield", "probation", "Carl Whitfield", _REP),
    ("yasmin.akhtar", "probation", "Yasmin Akhtar", _DEPUTY),
    ("david.osei", "adult-care", "David Osei", _REP),
    ("ruth.penhale", "adult-care", "Ruth Penhale", (Role.CHAIR,)),
    ("meera.joshi", "adult-care", "Meera Joshi", (Role.REFERRER,)),
    ("hana.said", "haven", "Hana Said", (Role.IDVA,)),
    ("bronwyn.price", "haven", "Bronwyn Price", (Role.IDVA,)),
    ("elena.petrova", "brightwater", "Elena Petrova", _REP),
    ("cora.webb", "safety", "Cora Webb", (Role.COORDINATOR,)),
    ("liam.doyle", "safety", "Liam Doyle", _REP),
    ("otto.brand", "safety", "Otto Brand", (Role.OBSERVER,)),
    ("ada.moss", "safety", "Ada Moss", (Role.ADMINISTRATOR,)),
    ("megan.holtby", "childrens", "Megan Holtby", _IG),
    ("tariq.mahmood", "mental-health", "Tariq Mahmood", _IG),
    ("susan.rowntree", "probation", "Susan Rowntree", _IG),
    ("naomi.adeleke", "adult-care", "Naomi Adeleke", _IG),
    ("clare.whitmore", "haven", "Clare Whitmore", _IG),
    ("joel.mercer", "brightwater", "Joel Mercer", _IG),
    ("petra.novotna", "safety", "Petra Novotna", _IG),
)

AGENCY_OF = {subject: agency for subject, agency, *_ in STAFF}

# Who does an agency's research, and who stands in.
RESEARCHER = {
    "police": "priya.nair",
    "childrens": "nia.evans",
    "nhs": "kiran.shah",
    "mental-health": "lucy.brennan",
    "homes": "sam.okafor",
    "probation": "carl.whitfield",
    "adult-care": "david.osei",
    "haven": "hana.said",
    "brightwater": "elena.petrova",
    "safety": "liam.doyle",
}
# Who answers for an agency's information.
OFFICER = {agency: subject for subject, agency, _, roles in STAFF if Role.IG_OFFICER in roles}
COORDINATOR, CHAIR = "cora.webb", "helen.marsh"
# Sit in every meeting, beside the researchers.
PANEL = (CHAIR, COORDINATOR, "otto.brand", "tom.ashworth", "dina.haddad", "bronwyn.price", "peter.lomax")
PANEL_OF_COMPLEX = ("ruth.penhale", COORDINATOR, "otto.brand", "dina.haddad", "omar.farouk", "meera.joshi")
EMAIL = {agency: f"{agency}.northmoor.example" for agency, *_ in AGENCIES}
