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

# Patterns of words, from the narrowest class to the widest. `_` is a space, `\w*` takes every ending.
_LISTS: dict[str, str] = {
    "health.gender-recognition": r"""
        gender_(recognition|reassign\w*|identity|dysphoria|incongruen\w*|affirm\w*|transition\w*|clinic) |
        transgender | transsexual\w* | trans_(man|woman|male|female) | non-?binary | intersex |
        sex_reassign\w* | deadname | birth_(sex|gender) | sex_assigned
    """,
    "health.sexual": r"""
        sexual(ly)?[_-](health|transmi\w*|dysfunction|abuse|assault|behaviou?r) |
        sexual(ly)?[_-](histor\w*|activ\w*|partner\w*) |
        rape\w* | (?-i:AIDS|PrEP|PEPSE|STIs?|STDs?|GUM|FGM) | hiv | human_immunodeficiency |
        antiretrovir\w* | gonorrh\w* | chlamydia\w* | syphilis\w* | treponem\w* | genital_(herpes|wart\w*) |
        genito-?urinary | gum_clinic | trichomon\w* | contracepti\w* | pre-?exposure_prophyla\w* |
        post-?exposure_prophyla\w* | emtricitabine | tenofovir\w* | dolutegravir | efavirenz | lamivudine |
        zidovudine | darunavir | raltegravir | female_genital_mutilation | levonorgestrel | ulipristal |
        erectile | sildenafil | hepatitis_[bc]
    """,
    "health.fertility": r"""
        fertil\w* | infertil\w* | in_vitro | ivf | icsi | insemination | embryo\w* |
        egg_(donat\w*|donor\w*) | gamete\w* | surroga\w* | sperm\w* | abortion\w* |
        terminat\w*_of_pregnanc\w* | pregnancy_terminat\w* | mifepristone | misoprostol | clomifene |
        donor_concei\w* | sterili[sz]ation | vasectom\w*
    """,
    "health.mental": r"""
        mental\w* | psychiat\w* | psycholog\w* | psychos[ie]s | psychotic | schizo\w* | bipolar | mania |
        manic | depress(ion|ive|ed)\w* | anxiety | panic | phobi\w* | ptsd | post-?traumatic |
        trauma-?focus\w* | self[_-]?harm\w* | self[_-]?injur\w* | suicid\w* | parasuicid\w* | overdose\w* |
        eating_disorder\w* | anorexia_nervosa | bulimi\w* | personality_disorder | adhd | autis\w* | camhs |
        iapt | talking_therap\w* | counselling | psychother\w* | cognitive_behav\w* | dementia\w* |
        alzheimer\w* | delusion\w* | hallucinat\w* | paranoi\w* | section_(2|3|117|135|136) | detained |
        crisis_(team|plan|resolution) | low_mood | mood_(disorder|stabili\w*) | behaviou?ral |
        antidepress\w* | antipsychot\w* | sertraline | fluoxetine | citalopram | escitalopram |
        mirtazapine | venlafaxine | duloxetine | amitriptyline | olanzapine | quetiapine | risperidone |
        aripiprazole | clozapine | haloperidol | lithium | diazepam | lorazepam | phq-?9 | gad-?7 |
        learning_disab\w*
    """,
    "health.substance": r"""
        alcohol\w* | drinker | drinking_problem | binge_drink\w* | intoxicat\w* | drunk\w* |
        (illicit|illegal|recreational|street)_drug\w* |
        drugs?_(use\w*|misuse\w*|abuse\w*|depend\w*|addict\w*|habit\w*) |
        drugs?_(treatment|service\w*|screen\w*|test\w*|seeking|withdrawal) |
        substance\w*_(use\w*|misuse\w*|abuse\w*|depend\w*) | addict\w* |
        opi(oid|ate)\w*_(depend\w*|misuse|abuse|withdrawal) | heroin | cocaine | cannabis | marijuana |
        amphetamine\w* | methamphetamine | mdma | ecstasy | ketamine | synthetic_cannabin\w* |
        benzodiazepine_(depend|mis)\w* | methadone | buprenorphine | naltrexone | disulfiram | acamprosate |
        needle_exchange | inject\w*_drug\w* | detox\w* | naloxone | audit-?c | delirium_tremens
    """,
    "health.pregnancy": r"""
        pregnan\w* | antenatal | ante-natal | midwi\w* | obstetric\w* | gestation\w* | trimester |
        miscarr\w* | maternity
    """,
}


def _pattern(words: str) -> re.Pattern[str]:
    words = words.replace("[_-]", r"[\s-]").replace("_", r"\s+")
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE | re.VERBOSE)


_PATTERNS = tuple((name, _pattern(words)) for name, words in _LISTS.items())
_ALLERGIC = re.compile(r"\b(allerg\w*|anaphyla\w*)\b", re.IGNORECASE)

# FHIR security labels that name what a thing is about. Source: HL7 v3 ActCode, InformationSensitivityPolicy.
_LABELS = {
    "HIV": "health.sexual", "STD": "health.sexual", "SEX": "health.sexual", "SEXREL": "health.sexual",
    "SDV": "health.sexual", "SV": "health.sexual", "REPHLTH": "health.sexual", "TBOO": "health.sexual",
    "GDIS": "health.gender-recognition", "GENDER": "health.gender-recognition",
    "PSY": "health.mental", "PSYTHPN": "health.mental", "BH": "health.mental", "MH": "health.mental",
    "PSYTHRT": "health.mental", "COGN": "health.mental",
    "ETH": "health.substance", "ETHUD": "health.substance", "SUD": "health.substance",
    "OPIOIDUD": "health.substance",
    "PREGNANT": "health.pregnancy", "MAT": "health.pregnancy",
}  # fmt: skip


def class_of(texts: Iterable[str], base: str, labels: Iterable[str] = ()) -> str:
    """The class for something that would be `base` but for what its words or security labels say.

    texts: everything in it that a reader could read. The first list that speaks wins; the narrowest is first.
    """
    whole = "\n".join(texts).replace("_", " ")
    labelled = {_LABELS[label] for label in labels if label in _LABELS}
    for name, pattern in _PATTERNS:
        if name in labelled or pattern.search(whole):
            return name
    return ALLERGY if base == PHYSICAL and _ALLERGIC.search(whole) else base
