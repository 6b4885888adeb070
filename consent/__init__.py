"""May one field pass to one recipient, and how far? The law is `docs/spec/consent.md`.

    policy = load(text)
    decide(policy, request).as_json()

Pure: standard library only, no clock, no database. Time arrives in the request.
"""

from consent.change import Change, Part, Step, with_change
from consent.decide import decide
from consent.diff import Cell, Difference, Group, diff, diff_groups
from consent.explain import Explanation, Tried, explain
from consent.faults import BrokenPolicy
from consent.gates import Gate
from consent.impact import Disclosure, Touched, impact
from consent.load import extend, from_json, load
from consent.model import Decision, Level, Policy, Reason
from consent.names import Names
from consent.replay import Version, in_force, replay
from consent.table import (
    Layout,
    NotInTable,
    Outdated,
    Recipient,
    Table,
    TableCell,
    compile_table,
    horizon_of,
)
from consent.viewer import ViewerExplanation, explain_for_viewer

__all__ = [
    "BrokenPolicy",
    "Cell",
    "Change",
    "Decision",
    "Difference",
    "Disclosure",
    "Explanation",
    "Gate",
    "Group",
    "Layout",
    "Level",
    "Names",
    "NotInTable",
    "Outdated",
    "Part",
    "Policy",
    "Reason",
    "Recipient",
    "Step",
    "Table",
    "TableCell",
    "Touched",
    "Tried",
    "Version",
    "ViewerExplanation",
    "compile_table",
    "decide",
    "diff",
    "diff_groups",
    "explain",
    "explain_for_viewer",
    "extend",
    "from_json",
    "horizon_of",
    "impact",
    "in_force",
    "load",
    "replay",
    "with_change",
]
