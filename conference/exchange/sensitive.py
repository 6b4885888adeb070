"""Which class a piece of health information belongs to, by the words in it.

Clinical codes are too many to know, so words decide, and where they leave a doubt the narrower class wins: a
field in too narrow a class is kept from somebody until its owner moves it; one in too wide a class cannot be
called back. The lists are short on purpose, so that a clinician can review them in one sitting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

PHYSICAL = "health.physical"
ALLERGY = "health.allergy"

_LISTS: tuple[tuple[str, str], ...] = (
    (
        "health.gender-recognition",
        r"gender (recognition|reassign\w*|identity|dysphoria|incongruen\w*|affirm\w*|transition\w*|clinic)"
        r"|transgender|transsexual\w*|trans (man|woman|male|female)|non-?binary|intersex|sex reassign\w*"
        r"|deadname|birth (sex|gender)|sex assigned",
    ),
    (
        "health.sexual",
        r"sexual(ly)?[ -](health|transmi\w*|dysfunction|abuse|assault|behaviou?r|histor\w*|activ\w*|partner\w*)"
        r"|rape\w*|(?-i:AIDS|PrEP|PEPSE|STIs?|STDs?|GUM|FGM)|hiv|human immunodeficiency|antiretrovir\w*|gonorrh\w*|chlamydia\w*|syphilis\w*|treponem\w*"
        r"|genital (herpes|wart\w*)|genito-?urinary|gum clinic|trichomon\w*|contracepti\w*"
        r"|pre-?exposure prophyla\w*|post-?exposure prophyla\w*|emtricitabine|tenofovir\w*"
        r"|dolutegravir|efavirenz|lamivudine|zidovudine|darunavir|raltegravir|female genital mutilation"
        r"|levonorgestrel|ulipristal|erectile|sildenafil|hepatitis [bc]",
    ),
    (
        "health.fertility",
        r"fertil\w*|infertil\w*|in vitro|ivf|icsi|insemination|embryo\w*|egg (donat\w*|donor\w*)|gamete\w*|surroga\w*"
        r"|sperm\w*|abortion\w*|terminat\w* of pregnanc\w*|pregnancy terminat\w*|mifepristone|misoprostol|clomifene"
        r"|donor concei\w*|sterili[sz]ation|vasectom\w*",
    ),
    (
        "health.mental",
        r"mental\w*|psychiat\w*|psycholog\w*|psychos[ie]s|psychotic|schizo\w*|bipolar|mania|manic|depress(ion|ive|ed)\w*"
        r"|anxiety|panic|phobi\w*|ptsd|post-?traumatic|trauma-?focus\w*|self[ -]?harm\w*|self[ -]?injur\w*|suicid\w*"
        r"|parasuicid\w*|overdose\w*|eating disorder\w*|anorexia nervosa|bulimi\w*|personality disorder|adhd|autis\w*"
        r"|camhs|iapt|talking therap\w*|counselling|psychother\w*|cognitive behav\w*|dementia\w*|alzheimer\w*"
        r"|delusion\w*|hallucinat\w*|paranoi\w*|section (2|3|117|135|136)|detained|crisis (team|plan|resolution)"
        r"|low mood|mood (disorder|stabili\w*)|behaviou?ral|antidepress\w*|antipsychot\w*|sertraline|fluoxetine"
        r"|citalopram|escitalopram|mirtazapine|venlafaxine|duloxetine|amitriptyline|olanzapine|quetiapine|risperidone"
        r"|aripiprazole|clozapine|haloperidol|lithium|diazepam|lorazepam|phq-?9|gad-?7|learning disab\w*",
    ),
    (
        "health.substance",
        r"alcohol\w*|drinker|drinking problem|binge drink\w*|intoxicat\w*|drunk\w*|(illicit|illegal|recreational|street) drug\w*"
        r"|drug(s)? (use\w*|misuse\w*|abuse\w*|depend\w*|addict\w*|habit\w*|treatment|service\w*|screen\w*|test\w*|seeking|withdrawal)"
        r"|substance\w* (use\w*|misuse\w*|abuse\w*|depend\w*)|addict\w*|opi(oid|ate)\w* (depend\w*|misuse|abuse|withdrawal)"
        r"|heroin|cocaine|cannabis|marijuana|amphetamine\w*|methamphetamine|mdma|ecstasy|ketamine|synthetic cannabin\w*|benzodiazepine (depend|mis)\w*"
        r"|methadone|buprenorphine|naltrexone|disulfiram|acamprosate|needle exchange|inject\w* drug\w*|detox\w*|naloxone"
        r"|audit-?c|delirium tremens",
    ),
    (
        "health.pregnancy",
        r"pregnan\w*|antenatal|ante-natal|midwi\w*|obstetric\w*|gestation\w*|trimester|miscarr\w*|maternity",
    ),
)
_PATTERNS = tuple((name, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)) for name, pattern in _LISTS)
_ALLERGIC = re.compile(r"\b(allerg\w*|anaphyla\w*)\b", re.IGNORECASE)

# FHIR security labels that name what a thing is about. Source: HL7 v3 ActCode, InformationSensitivityPolicy.
_LABELS = {
    "HIV": "health.sexual", "STD": "health.sexual", "SEX": "health.sexual", "SEXREL": "health.sexual",
    "SDV": "health.sexual", "SV": "health.sexual", "REPHLTH": "health.sexual", "TBOO": "health.sexual",
    "GDIS": "health.gender-recognition", "GENDER": "health.gender-recognition",
    "PSY": "health.mental", "PSYTHPN": "health.mental", "BH": "health.mental", "MH": "health.mental",
    "PSYTHRT": "health.mental", "COGN": "health.mental",
    "ETH": "health.substance", "ETHUD": "health.substance", "SUD": "health.substance", "OPIOIDUD": "health.substance",
    "PREGNANT": "health.pregnancy", "MAT": "health.pregnancy",
}  # fmt: skip


def class_of(texts: Iterable[str], base: str, labels: Iterable[str] = ()) -> str:
    """The class for something that would be `base` but for what its words or security labels say.

    texts: everything in it that a reader could read. The first list that speaks wins, the narrowest stands first.
    """
    whole = "\n".join(texts).replace("_", " ")
    labelled = {_LABELS[label] for label in labels if label in _LABELS}
    for name, pattern in _PATTERNS:
        if name in labelled or pattern.search(whole):
            return name
    return ALLERGY if base == PHYSICAL and _ALLERGIC.search(whole) else base
