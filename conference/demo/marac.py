"""The domestic abuse cases of the story. Everybody in them, and everything, is invented."""
# ruff: noqa: E501 - a field is easiest to read as one line

from __future__ import annotations

from conference.cases.models import PersonRole, Research
from conference.demo.telling import Said, Told

V, C, AP = PersonRole.VICTIM, PersonRole.CHILD, PersonRole.ALLEGED_PERPETRATOR
SENT, NIL, BEGUN, NONE = Research.SENT, Research.NIL, Research.IN_PROGRESS, Research.NOT_STARTED

MARIA = Told(
    "maria",
    {"maria": V, "zofia": C, "jan": C, "adam": AP},
    {"police": SENT, "childrens": SENT, "nhs": SENT, "mental-health": SENT, "homes": SENT, "probation": BEGUN,
     "adult-care": NIL, "haven": SENT, "brightwater": NONE, "safety": SENT},
    (
        Said("police", "identity.name", "maria", "Maria Kowalczyk", source="Referral"),
        Said("police", "identity.dob", "maria", "{34/03-03}", source="Referral"),
        Said("police", "contact.current-address", "maria", "14 Mill Street, Northmoor, LS9 4QT", source="Crime report 5521", days=11),
        Said("police", "contact.phone", "maria", "07700 900413", "presence", source="Crime report 5521", days=11),
        Said("police", "dash.score", "maria", "17 of 24", summary="High risk: 17 yes answers", source="DASH taken {-13}", days=13, name="dash",
             why="Meets the threshold by itself"),
        Said("police", "dash.answers", "maria", "Yes to: strangling, threats to kill, jealousy, separation, pregnancy in the past, weapon, child contact", source="DASH taken {-13}", days=13),
        Said("police", "identity.name", "zofia", "Zofia Kowalczyk", source="Referral"),
        Said("police", "identity.dob", "zofia", "{8/06-21}", source="Referral"),
        Said("police", "identity.name", "jan", "Jan Kowalczyk", source="Referral"),
        Said("police", "identity.dob", "jan", "{3/01-09}", source="Referral"),
        Said("police", "identity.name", "adam", "Adam Kowalczyk", source="Custody record"),
        Said("police", "identity.dob", "adam", "{37/08-14}", source="Custody record"),
        Said("police", "offending.order", "adam", "Bail since {-12}: not to enter Mill Street, not to contact Maria Kowalczyk by any means, to live at his brother's, 3 Dyer Row", summary="Bail: must not go to her street, nor contact her", source="Custody record", days=12, name="bail", why="Locks and school should know what he may not do"),
        Said("police", "offending.incident", "maria adam", "{-13}: held her by the throat for some seconds in the kitchen, children upstairs. {-96}: broke her phone. {-201}: shouting, neighbours called", summary="3 incidents in 12 months, the last with violence", source="Crime reports 5521, 4380, 2977", days=13, name="incidents"),
        Said("police", "offending.conviction", "adam", "Common assault on a former partner, six years ago; suspended sentence, completed", "summary", summary="An earlier conviction for violence to a partner", source="PNC", days=12),
        Said("police", "intelligence", "adam", "A source says that he has asked about buying a knife (graded B-3)", "none", source="Intelligence log", days=9, why_not="Source could be known; sanitised line with the chair"),
        Said("haven", "wishes", "maria", "To stay near the school. New locks, and somebody to tell the school who may fetch the children. She does not want him to know that we met.", source="Phone call with Maria", days=3, kind="opinion", name="wishes"),
        Said("haven", "contact.safe-address", "maria", "Larch House, 7 Larch Walk, LS9 0AA: nights when he is bailed away", source="Maria", days=3, why="Only for a visit in an emergency"),
        Said("haven", "contact.safe-contact", "maria", "Text only, weekdays 9:30am to 2:30pm. Word: marigold", source="Maria", days=3),
        Said("haven", "safety.staff-alert", "adam", "He has followed a worker to her car", summary="Do not visit alone", source="Worker's report", days=4),
        Said("childrens", "family.plan", "zofia jan", "Child in need plan since {-60}; next review {+9}. Social worker visits every two weeks", summary="Child in need plans for both; review {+9}", source="Children's record", days=7, name="plan"),
        Said("childrens", "family.school", "zofia", "Northmoor Primary, class 4R; drawings of shouting shown to her teacher on {-10}", summary="At primary school; the teacher is worried", kind="opinion", source="School's safeguarding lead", days=9),
        Said("childrens", "family.child", "jan", "Nursery three mornings; has stopped speaking at nursery since {-13}", summary="At nursery; quieter lately", source="Health visitor", days=8),
        Said("mental-health", "health.mental", "maria", "Talking therapy from {-150} to {-80}, panic after an assault; ended by her because he waited outside", "summary", summary="Known to us; support ended early for her safety", source="Trust record", days=80),
        Said("mental-health", "health.mental", "adam", "One assessment {-300}; did not come back", "presence", source="Trust record", days=300),
        Said("probation", "offending.conviction", "adam", "Building Better Relationships course: 14 of 26 sessions, ended early", "summary", summary="Did not finish a course about violence to partners", source="Probation record", days=400),
        Said("safety", "asb.record", "adam", "Noise complaints from number 16, {-96} and {-13}", summary="Two noise complaints at the address", source="ASB case 118", days=13),
        Said("safety", "asb.complainant", "adam", "Mrs Thornley, 16 Mill Street", "none", source="ASB case 118", why_not="She asked not to be named"),
    ),
    opened=14, due=-4, extra=("tom.ashworth", "dina.haddad", "bronwyn.price", "grace.obi", "otto.brand"),
    together=(("maria", "zofia", "Mother and daughter", "police"), ("maria", "jan", "Mother and son", "police"),
              ("maria", "adam", "Married; apart since his arrest", "police")),
)

DANIEL = Told(
    "daniel",
    {"daniel": V, "marcus": AP},
    {"police": SENT, "nhs": NONE, "homes": NONE, "haven": SENT, "brightwater": NONE, "safety": NIL, "probation": NIL},
    (
        Said("police", "identity.name", "daniel", "Daniel Reyes", source="Referral"),
        Said("police", "identity.dob", "daniel", "{51/11-02}", source="Referral"),
        Said("police", "identity.name", "marcus", "Marcus Feeney", source="Crime report 5560"),
        Said("police", "identity.dob", "marcus", "{44/05-17}", source="Crime report 5560"),
        Said("police", "dash.score", "daniel", "14 of 24", summary="High risk by professional judgement", source="DASH taken {-9}", days=9),
        Said("police", "offending.incident", "daniel marcus", "{-9}: struck with a bottle outside the flat, seven stitches. Two earlier calls without a complaint", summary="Violence with a weapon on {-9}", source="Crime report 5560", days=9, name="incident"),
        Said("police", "offending.marker", "marcus", "Warning: weapons", source="PNC", days=9),
        Said("haven", "wishes", "daniel", "To be taken seriously. He wants to keep his dog and his job; he will not go to a refuge.", kind="opinion", source="Meeting with Daniel", days=5),
        Said("haven", "contact.safe-contact", "daniel", "Ring at work, ask for stores, after 2pm", source="Daniel", days=5),
        Said("haven", "health.substance", "marcus", "Daniel says that he drinks every day", "summary", summary="Heavy drinking, by Daniel's account", kind="opinion", source="Daniel", days=5),
    ),
    opened=9, due=-3, extra=("tom.ashworth", "bronwyn.price"),
)

# Heard ten months ago; what was known then stays with that case.
AISHA_BEFORE = Told(
    "aisha-before",
    {"aisha": V, "imran": AP},
    {"police": SENT, "homes": SENT, "haven": SENT, "childrens": NIL},
    (
        Said("police", "identity.name", "aisha", "Aisha Siddiqui", source="Referral", days=300),
        Said("police", "identity.dob", "aisha", "{27/09-30}", source="Referral", days=300),
        Said("police", "identity.name", "imran", "Imran Siddiqui", source="Referral", days=300),
        Said("police", "identity.dob", "imran", "{31/02-11}", source="Referral", days=300),
        Said("police", "dash.score", "aisha", "15 of 24", summary="High risk: 15 yes answers", source="DASH", days=301),
        Said("police", "offending.incident", "aisha imran", "{-303}: kept her in the flat for a day and took her phone", summary="Held at home, {-303}", source="Crime report 1204", days=303),
        Said("homes", "tenancy.status", "aisha", "Joint assured tenancy, 2 Weir Court, since {-900}", source="Tenancy file", days=299),
        Said("haven", "wishes", "aisha", "She wants him to get help, and not to leave.", kind="opinion", source="Meeting with Aisha", days=298),
    ),
    opened=304, due=-295,
)

AISHA = Told(
    "aisha",
    {"aisha": V, "imran": AP, "noor": C},
    {"police": SENT, "childrens": SENT, "nhs": BEGUN, "homes": SENT, "haven": SENT, "probation": SENT, "adult-care": NIL},
    (
        Said("police", "identity.name", "aisha", "Aisha Siddiqui", source="Referral"),
        Said("police", "identity.dob", "aisha", "{27/09-30}", source="Referral"),
        Said("police", "identity.name", "imran", "Imran Siddiqui", source="Referral"),
        Said("police", "identity.dob", "imran", "{31/02-11}", source="Referral"),
        Said("police", "dash.score", "aisha", "19 of 24", summary="High risk: 19 yes answers. Repeat within 12 months", source="DASH taken {-8}", days=8),
        Said("police", "offending.incident", "aisha imran", "{-8}: followed her from work, pulled her from the bus stop. Breach of the non-molestation order", summary="Repeat: breach of an order, {-8}", source="Crime report 5588", days=8),
        Said("police", "offending.order", "imran", "Non-molestation order of {-240} until {+125}; charged with breach, court {+12}", summary="Under a non-molestation order; court {+12}", source="Court result", days=7),
        Said("probation", "offending.custody", "imran", "Remanded until {+12}; release possible that day", summary="In custody until {+12} at least", source="Court result", days=6),
        Said("haven", "wishes", "aisha", "She has left and will not go back. She asks that her brother be told nothing.", kind="opinion", source="Meeting with Aisha", days=4),
        Said("haven", "contact.safe-address", "aisha", "Rowan House, 21 Fell Lane, LS9 2BD", source="Aisha", days=4),
        Said("childrens", "identity.name", "noor", "Noor Siddiqui", source="Children's record"),
        Said("childrens", "identity.dob", "noor", "{1/04-05}", source="Children's record"),
        Said("childrens", "family.plan", "noor", "Child protection enquiry opened {-7}", summary="Enquiry opened {-7}", source="Children's record", days=7),
        Said("homes", "tenancy.status", "aisha", "Joint assured tenancy, 2 Weir Court; she has asked to end her part", summary="Joint tenancy; change asked for", source="Tenancy file", days=5),
        Said("homes", "tenancy.arrears", "aisha", "£310", "presence", source="Rent account", days=5),
    ),
    opened=8, due=-1, people_of="aisha-before", extra=("bronwyn.price", "dina.haddad", "peter.lomax"),
    together=(("aisha", "noor", "Mother and daughter", "childrens"),),
)

CHLOE = Told(
    "chloe",
    {"chloe": V, "stuart": AP},
    {"police": SENT, "nhs": SENT, "homes": SENT, "haven": SENT, "adult-care": NIL},
    (
        Said("police", "identity.name", "chloe", "Chloe Bennett", source="Referral"),
        Said("police", "identity.dob", "chloe", "{29/12-01}", source="Referral"),
        Said("police", "identity.name", "stuart", "Stuart Kershaw", source="Referral"),
        Said("police", "identity.dob", "stuart", "{36/07-07}", source="Referral"),
        Said("police", "dash.score", "chloe", "13 of 24", summary="High risk by professional judgement", source="DASH taken {-10}", days=10),
        Said("police", "offending.incident", "chloe stuart", "{-10}: waited at her door with a spare key; would not give it back", summary="Uses a key that he should not have", source="Crime report 5549", days=10),
        Said("police", "offending.marker", "stuart", "Works in repairs at Northmoor Homes: can get keys", "summary", summary="His work gives him access to homes", source="Chloe", days=10, why="Who at Homes hears this case?"),
        Said("nhs", "health.physical", "chloe", "Bruised ribs, seen {-10}; said that she fell", summary="Injury seen on {-10}", source="Emergency department", days=10),
        Said("homes", "tenancy.status", "chloe", "Assured tenancy, 9 Tanner Yard, since {-700}", source="Tenancy file", days=6),
        Said("homes", "tenancy.support", "chloe", "Lock change booked for {+2}, by an outside firm", source="Repairs", days=1),
        Said("haven", "wishes", "chloe", "New locks, and that nobody at his work hears of it.", kind="opinion", source="Phone call with Chloe", days=5),
    ),
    opened=10, due=-2, extra=("marek.novak",), recused=("marek.novak",),
)

THANH = Told(
    "thanh",
    {"thanh": V, "vinh": C, "quang": AP},
    {"police": SENT, "childrens": SENT, "nhs": SENT, "homes": SENT, "haven": SENT, "mental-health": NONE},
    (
        Said("police", "identity.name", "thanh", "Thanh Nguyen", source="Referral"),
        Said("police", "identity.dob", "thanh", "{41/02-19}", source="Referral"),
        Said("police", "identity.name", "quang", "Quang Tran", source="Referral"),
        Said("police", "identity.dob", "quang", "{45/10-10}", source="Referral"),
        Said("police", "identity.name", "vinh", "Vinh Tran", source="Referral"),
        Said("police", "identity.dob", "vinh", "{14/03-27}", source="Referral"),
        Said("police", "dash.score", "thanh", "16 of 24", summary="High risk: 16 yes answers", source="DASH taken {-15}", days=15),
        Said("police", "offending.incident", "thanh quang", "{-15}: threatened to burn the flat with her inside", summary="Threat to kill by fire, {-15}", source="Crime report 5503", days=15),
        Said("police", "contact.safe-address", "thanh", "Moved {-14} to Alder Lodge, 30 Quarry Rise, LS8 1XN", source="Officer who moved her", days=14),
        Said("haven", "contact.safe-address", "thanh", "Alder Lodge, 30 Quarry Rise, LS8 1XN, room 4", source="Refuge", days=13),
        Said("haven", "wishes", "thanh", "That her son finishes the school year. An interpreter who is not from the town.", kind="opinion", source="Meeting with an interpreter", days=11),
        Said("homes", "tenancy.status", "thanh", "Sole tenant of 5 Albion Row since {-1500}; keys handed in {-14}", summary="Her tenancy; she has left", source="Tenancy file", days=12),
        Said("homes", "tenancy.arrears", "thanh", "£85", "none", source="Rent account", days=12, why_not="Not relevant to the risk"),
        Said("childrens", "family.school", "vinh", "Year 9, Fellside High; travels by taxi now", summary="Still at his school", source="School", days=10),
        Said("nhs", "health.pregnancy", "thanh", "None", "none", source="Midwifery index", days=9, why_not="Nothing held"),
    ),
    opened=15, due=-5, extra=("bronwyn.price", "dina.haddad", "peter.lomax"),
)

SEUN = Told(
    "seun",
    {"seun": V, "femi": AP},
    {"police": SENT, "nhs": SENT, "homes": SENT, "haven": SENT, "adult-care": SENT, "probation": SENT},
    (
        Said("police", "identity.name", "seun", "Oluwaseun Adeyemi", source="Referral", days=28),
        Said("police", "identity.dob", "seun", "{38/01-25}", source="Referral", days=28),
        Said("police", "identity.name", "femi", "Femi Adeyemi", source="Referral", days=28),
        Said("police", "identity.dob", "femi", "{40/06-06}", source="Referral", days=28),
        Said("police", "dash.score", "seun", "14 of 24", summary="High risk: 14 yes answers", source="DASH", days=29),
        Said("police", "offending.incident", "seun femi", "{-29}: threw a kettle of water, not boiling. Controls her pay", summary="Violence and control of money", source="Crime report 5310", days=29, name="incident"),
        Said("nhs", "health.physical", "seun", "Type 1 diabetes; he has kept her insulin from her", summary="He withholds medicine that she needs", source="Diabetes clinic", days=26, name="medicine"),
        Said("homes", "tenancy.arrears", "seun", "£640, since her pay goes to his account", "summary", summary="Arrears that are not of her making", source="Rent account", days=25),
        Said("adult-care", "care.needs", "seun", "None assessed; his mother lives with them and is cared for by her", summary="She cares for his mother", source="Adult care record", days=24),
        Said("probation", "offending.conviction", "femi", "None known", "presence", source="Probation record", days=24),
        Said("haven", "wishes", "seun", "Her own bank account, and her insulin where he cannot reach it.", kind="opinion", source="Meeting with Seun", days=22),
    ),
    opened=29, due=-18, extra=("tom.ashworth", "dina.haddad", "bronwyn.price"),
)

SIAN = Told(
    "sian",
    {"sian": V, "dylan": C, "gareth": AP},
    {"police": SENT, "childrens": SENT, "homes": SENT, "haven": SENT, "safety": SENT, "brightwater": SENT},
    (
        Said("police", "identity.name", "sian", "Siân Morgan", source="Referral", days=27),
        Said("police", "identity.dob", "sian", "{45/08-08}", source="Referral", days=27),
        Said("police", "identity.name", "gareth", "Gareth Pugh", source="Referral", days=27),
        Said("police", "identity.dob", "gareth", "{47/03-13}", source="Referral", days=27),
        Said("police", "identity.name", "dylan", "Dylan Pugh", source="Referral", days=27),
        Said("police", "offending.incident", "sian gareth", "Four calls since {-120}; stalking at her work", summary="Stalking since {-120}", source="Crime report 5322", days=27, name="stalking"),
        Said("brightwater", "health.substance", "gareth", "In treatment for alcohol since {-90}; comes every week", "summary", summary="In treatment, and comes", source="Brightwater record", days=25),
        Said("safety", "asb.record", "gareth", "Acceptable behaviour contract signed {-70}", summary="Under a contract about his behaviour", source="ASB case 97", days=25),
        Said("childrens", "family.plan", "dylan", "Early help; young carer assessment", summary="Early help", source="Children's record", days=25),
        Said("homes", "tenancy.status", "sian", "Secure tenancy, 11 Canal Side, since {-2200}", source="Tenancy file", days=24),
        Said("haven", "wishes", "sian", "A camera at the door, and for Dylan not to have to choose.", kind="opinion", source="Meeting with Siân", days=22),
    ),
    opened=28, due=-18, extra=("bronwyn.price", "dina.haddad"),
)

BETH = Told(
    "beth",
    {"beth": V, "kyle": AP},
    {"police": BEGUN, "nhs": NONE, "homes": NONE, "haven": BEGUN, "childrens": NONE, "mental-health": NONE},
    (
        Said("police", "identity.name", "beth", "Beth Calloway", source="Referral"),
        Said("police", "identity.dob", "beth", "{23/10-28}", source="Referral"),
        Said("police", "identity.name", "kyle", "Kyle Drummond", source="Referral"),
        Said("police", "dash.score", "beth", "14 of 24", summary="High risk: 14 yes answers", source="DASH taken {-3}", days=3),
        Said("police", "offending.incident", "beth kyle", "{-3}: pushed her on the stairs; she is five months pregnant", summary="Violence in pregnancy, {-3}", source="Crime report 5602", days=3),
        Said("haven", "wishes", "beth", "She wants to talk again before anybody acts.", kind="opinion", source="Phone call with Beth", days=1),
    ),
    opened=3, due=9,
)

ALL = (AISHA_BEFORE, SEUN, SIAN, THANH, MARIA, CHLOE, DANIEL, AISHA, BETH)
