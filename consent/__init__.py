"""May one field pass to one recipient, and how far? The law is `docs/spec/consent.md`.

    policy = load(text)
    decide(policy, request).as_json()

Pure: standard library only, no clock, no database. Time arrives in the request.
"""

from consent.decide import decide
from consent.faults import BrokenPolicy
from consent.load import extend, from_json, load
from consent.model import Decision, Level, Policy, Reason

__all__ = ["BrokenPolicy", "Decision", "Level", "Policy", "Reason", "decide", "extend", "from_json", "load"]
