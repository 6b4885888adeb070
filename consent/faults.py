"""What is wrong with a policy, said all at once."""

from collections.abc import Iterable


class ConsentError(Exception):
    """Anything that the consent engine raises on purpose."""


class BrokenPolicy(ConsentError):
    """The policy breaks the law, and nothing is decided with it.

    faults: one line each, `path: what is wrong`, in the order they were found.
    """

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))
