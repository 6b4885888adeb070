"""What a viewer may be told about a decision: nothing that the level they have does not show them anyway."""

from dataclasses import dataclass

from consent.ask import read_request
from consent.decide import decide
from consent.model import Level, Policy
from consent.names import Names

NOT_SHOWN = (
    (
        "An agency may hold nothing, may not have looked, may not have offered it, or the rules or a "
        "person's wishes may not allow it."
    ),
    "We never say which, or that anything is missing.",
    "If someone may be harmed, phone them.",
)


@dataclass(frozen=True, slots=True)
class ViewerExplanation:
    """What is shown to a viewer, told to that viewer."""

    level: Level
    words: tuple[str, ...]


def explain_for_viewer(policy: Policy, request: object, names: Names | None = None) -> ViewerExplanation:
    """What the recipient may be told about `decide(policy, request)`.

    At none the words are the same whatever was asked and whatever the reason is. Above, they depend on the
    agencies, the class as it is shown, the purpose and the level, and on nothing that is withheld.
    """
    level, asked, called = decide(policy, request).level, read_request(policy, request), names or Names()
    if asked is None or level is Level.NONE:
        return ViewerExplanation(Level.NONE, NOT_SHOWN)
    shown_as = {one.name: one.presence_as or one.name for one in policy.classes}
    owner, purpose = called.agency(asked.owner.name), called.purpose(asked.purpose)
    if asked.owner.name == asked.recipient.name:
        return ViewerExplanation(
            level, (f"Your own agency holds this: {called.class_of(asked.class_name)}.",)
        )
    matter = called.class_of(shown_as[asked.class_name] if level is Level.PRESENCE else asked.class_name)
    told = {
        Level.PRESENCE: f"{owner} holds something under {matter}. You can ask {owner} about it.",
        Level.SUMMARY: f"{owner} shows you a summary of {matter}.",
        Level.FULL: f"{owner} shows you {matter}.",
    }[level]
    return ViewerExplanation(
        level, (told, f"You see it for this purpose: {purpose}. Do not use it for another.")
    )
