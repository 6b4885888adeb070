"""The gates of the law by name, and which of them gives which reason."""

from enum import StrEnum

from consent.model import Reason


class Gate(StrEnum):
    """The gates of the law, in their order."""

    COMPLETE = "complete"
    EXCLUDED = "excluded"
    OWN = "own"
    LOCK = "lock"
    AGREEMENT = "agreement"
    FORBID = "forbid"
    OFFER = "offer"
    PERMIT = "permit"
    LEVEL = "level"

    @property
    def about_a_subject(self) -> bool:
        """Whether the gate is asked for each subject."""
        return self not in (Gate.COMPLETE, Gate.EXCLUDED, Gate.OWN)


GATE_OF = {
    Reason.INCOMPLETE: Gate.COMPLETE,
    Reason.EXCLUDED: Gate.EXCLUDED,
    Reason.OWN: Gate.OWN,
    Reason.LOCKED: Gate.LOCK,
    Reason.NO_AGREEMENT: Gate.AGREEMENT,
    Reason.FORBIDDEN: Gate.FORBID,
    Reason.NOT_OFFERED: Gate.OFFER,
    Reason.NO_RULE: Gate.PERMIT,
    Reason.BASIS_INVALID: Gate.PERMIT,
    Reason.CONSENT_MISSING: Gate.PERMIT,
    Reason.CONSENT_REFUSED: Gate.PERMIT,
    Reason.APPROVAL_NEEDED: Gate.PERMIT,
    Reason.LIMITED: Gate.LEVEL,
    Reason.PERMITTED: Gate.LEVEL,
}


def passed_before(gate: Gate) -> tuple[Gate, ...]:
    """The gates that come before one."""
    gates = tuple(Gate)
    return gates[: gates.index(gate)]
