"""The decisions about a case as a table: worked out once, then looked up until something can change.

A cell of the table answers as `decide` does, with the whole decision, for any moment from the one it was
compiled for up to its horizon. After that the table answers nothing.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from consent.faults import ConsentError
from consent.model import Consent, Decision, Policy, Signed
from consent.table_answers import Answers
from consent.table_layout import Layout, edges_of
from consent.table_parts import Recipient, TableCell

__all__ = [
    "Layout",
    "NotInTable",
    "Outdated",
    "Recipient",
    "Table",
    "TableCell",
    "compile_table",
    "horizon_of",
]


class NotInTable(ConsentError):
    """The table was compiled without this cell or this recipient."""


class Outdated(ConsentError):
    """The moment is not one that the table was compiled for: an answer may have changed since."""


@dataclass(frozen=True, slots=True)
class Table:
    """The decisions for some cells and recipients and one purpose, from `since` until before `horizon`.

    horizon: None if no answer can ever change by itself.
    """

    since: datetime
    horizon: datetime | None
    places: Mapping[TableCell, int]
    rows: Mapping[Recipient, Sequence[Decision]]

    def holds(self, at: datetime) -> bool:
        """Whether the table answers for `at` (aware)."""
        return self.since <= at and (self.horizon is None or at < self.horizon)

    def answer(self, cell: TableCell, recipient: Recipient, at: datetime) -> Decision:
        """The decision about one cell. Raises NotInTable, Outdated."""
        return self.panel([cell], [recipient], at)[0][0]

    def panel(
        self, cells: Iterable[TableCell], recipients: Iterable[Recipient], at: datetime
    ) -> list[list[Decision]]:
        """For each recipient the decisions about `cells`, in their order. Raises NotInTable, Outdated.

        at: aware.
        """
        if not self.holds(at):
            raise Outdated("the table does not hold for this moment")
        try:
            places = [self.places[cell] for cell in cells]
            rows = [self.rows[recipient] for recipient in recipients]
        except KeyError:
            raise NotInTable("no such cell or recipient was compiled") from None
        return [[row[place] for place in places] for row in rows]


def compile_table(
    policy: Policy,
    cells: Iterable[TableCell],
    recipients: Iterable[Recipient],
    purpose: str,
    at: datetime,
    layout: Layout | None = None,
) -> Table:
    """Work out the decision for every cell and recipient at `at`, and until when all of them hold.

    at: aware.   layout: of this policy, or of one that it extends; made if left out.
    Whatever is no complete request is answered as such. Raises ValueError if the layout is another policy's,
    or the moment has no time zone.
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    layout = layout or Layout.of(policy)
    if not layout.is_of(policy):
        raise ValueError("the layout is of other rules")
    at = at.astimezone(UTC)
    wanted = tuple(dict.fromkeys(cells))
    answers = Answers(policy, layout, wanted, purpose, at)
    rows = {recipient: answers.row(recipient) for recipient in dict.fromkeys(recipients)}
    people = {person for cell in wanted for person, _ in cell.subjects}
    return Table(at, horizon_of(policy, layout, people, at), {cell: n for n, cell in enumerate(wanted)}, rows)


def horizon_of(policy: Policy, layout: Layout, people: Collection[str], at: datetime) -> datetime | None:
    """The next moment after `at` at which anything in the policy, or said or signed about `people`, turns."""
    said = (edge for who in people for one in policy.consents_of.get(who, ()) for edge in _turns_of(one))
    signed = (edge for who in people for one in policy.signed_for.get(who, ()) for edge in _signed_turns(one))
    after = bisect_right(layout.edges, at)
    coming = [*layout.edges[after : after + 1], *(edge for edge in (*said, *signed) if edge > at)]
    return min(coming, default=None)


def _turns_of(one: Consent) -> set[datetime]:
    withdrawn = {one.withdrawn_at} if one.withdrawn_at is not None else set()
    return {one.given_at, one.recorded_at, *edges_of(one.interval), *withdrawn}


def _signed_turns(one: Signed) -> set[datetime]:
    return {*edges_of(one.interval), *(approver.at for approver in one.approved_by)}
