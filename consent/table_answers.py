"""The answers that a table is filled with: the gates of the law, over bits in place of rules.

Where something that professionals signed is in force, the law itself is asked: that is rare, and its caps are
easiest to read there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from consent.ask import Request, read_request
from consent.decide import decide
from consent.matching import signed_in_force
from consent.model import Agency, Decision, Effect, Level, Need, Policy, Reason, Rule, Word
from consent.table_layout import Layout, lowest, places_of
from consent.words import is_word
from consent.words_said import Said, latest_word

_HIGHEST_FIRST = (Level.FULL, Level.SUMMARY, Level.PRESENCE)
_LOWEST_FIRST = tuple(sorted(Level))


class TableCell(NamedTuple):
    """A field as the law sees it: what all fields with the same owner, class, offer and subjects share.

    offered: the level's word.   subjects: (person, role) of everybody the field is about.
    """

    owner: str
    class_name: str
    offered: str
    subjects: tuple[tuple[str, str], ...]


class Recipient(NamedTuple):
    """Who asks: an agency, and what its member of staff is there. excluded: kept out of the case."""

    agency: str
    roles: frozenset[str]
    excluded: bool


class _Pair(NamedTuple):
    """What is the same for all fields of one owner and class, shown to one recipient.

    rules: those in force that speak of them.   lock, agreement: the smallest id that closes, that fits.
    """

    sector: str
    rules: int
    lock: str | None
    agreement: str | None


@dataclass(frozen=True, slots=True)
class _Column:
    """One recipient, and the rules that speak to them."""

    recipient: Recipient
    agency: Agency
    rules: int
    pairs: dict[tuple[str, str], _Pair]


class Answers:
    """The answers for one policy, purpose and moment.

    at: aware, UTC.
    """

    def __init__(self, policy: Policy, layout: Layout, purpose: str, at: datetime) -> None:
        self._policy, self._purpose, self._at = policy, purpose, at
        self._rules, self._agreements = layout.rules, layout.agreements
        self._in_force = self._rules.in_time.holding(at) & self._rules.purposes.passing(purpose)
        self._agreed = self._agreements.in_time.holding(at) & self._agreements.purposes.passing(purpose)
        self._sound = {agency.sector: self._on_sound_basis(agency.sector) for agency in policy.agencies}
        self._asked: dict[TableCell, Request | None] = {}
        self._of_owner_and_class: dict[tuple[str, str], int] = {}
        self._in_role: dict[str, int] = {}
        self._said: dict[tuple[str, str, str], Said | None] = {}
        self._known: dict[tuple[object, ...], Decision] = {}
        self._incomplete = self._refusal(Reason.INCOMPLETE)
        self._excluded = self._refusal(Reason.EXCLUDED)
        self._own = Decision(level=Level.FULL, reason=Reason.OWN, policy=policy.version)

    def row(self, cells: Iterable[TableCell], recipient: Recipient) -> list[Decision]:
        """The decision about each of `cells` for one recipient."""
        column = self._column(recipient)
        return [self._answer(cell, column) for cell in cells]

    # ---- gates 1 to 3 -----------------------------------------------------------------------------------

    def _column(self, recipient: Recipient) -> _Column | None:
        """None for a recipient that no complete request can name."""
        agency = self._policy.agency.get(recipient.agency)
        words = all(is_word(role) for role in recipient.roles)
        if agency is None or not words or not isinstance(recipient.excluded, bool):
            return None
        rules = (
            self._in_force
            & self._rules.recipient_kinds.passing(agency.kind)
            & self._rules.recipient_agencies.passing(agency.name)
            & self._rules.roles.passing(*recipient.roles)
        )
        return _Column(recipient, agency, rules, {})

    def _answer(self, cell: TableCell, column: _Column | None) -> Decision:
        asked = self._read(cell)
        if asked is None or column is None:
            return self._incomplete
        if column.recipient.excluded:
            return self._excluded
        if asked.owner.name == column.agency.name:
            return self._own
        if self._is_signed_for(asked, column):
            return decide(self._policy, self._request(cell, column.recipient))
        pair = column.pairs.get((cell.owner, cell.class_name)) or self._pair(asked, column)
        answers = [self._about(asked, pair, column, person, role) for person, role in asked.subjects]
        return answers[0] if len(answers) == 1 else min(answers, key=lambda answer: answer.level)

    def _read(self, cell: TableCell) -> Request | None:
        """The cell as a request of its own owner: complete if every request about it by somebody known is."""
        if cell not in self._asked:
            owner = Recipient(cell.owner, frozenset(), excluded=False)
            self._asked[cell] = read_request(self._policy, self._request(cell, owner))
        return self._asked[cell]

    def _request(self, cell: TableCell, recipient: Recipient) -> dict[str, object]:
        return {
            "at": self._at.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
            "purpose": self._purpose,
            "owner": cell.owner,
            "class": cell.class_name,
            "offered": cell.offered,
            "subjects": [{"person": person, "role": role} for person, role in cell.subjects],
            "recipient": {
                "agency": recipient.agency,
                "roles": list(recipient.roles),
                "excluded": recipient.excluded,
            },
        }

    def _is_signed_for(self, asked: Request, column: _Column) -> bool:
        signed = [one for who, _ in asked.subjects for one in self._policy.signed_for.get(who, ())]
        return bool(signed) and bool(signed_in_force(signed, self._by(asked, column)))

    def _by(self, asked: Request, column: _Column) -> Request:
        """The same request by another recipient."""
        return Request(
            at=asked.at,
            purpose=asked.purpose,
            owner=asked.owner,
            class_name=asked.class_name,
            above=asked.above,
            offered=asked.offered,
            subjects=asked.subjects,
            recipient=column.agency,
            roles=column.recipient.roles,
            excluded=column.recipient.excluded,
        )

    # ---- gates 4 and 5, and which rules speak -----------------------------------------------------------

    def _pair(self, asked: Request, column: _Column) -> _Pair:
        owner, above = asked.owner, asked.above
        closed = [lock.id for lock in self._policy.locks if not above.isdisjoint(lock.classes)]
        agreed = (
            self._agreed
            & self._agreements.classes.passing(*above)
            & self._agreements.parties.passing(owner.name)
            & self._agreements.parties.passing(column.agency.name)
        )
        pair = _Pair(
            sector=owner.sector,
            rules=column.rules & self._speaking_of(asked),
            lock=min(closed, default=None),
            agreement=self._agreements.listed[lowest(agreed)].id if agreed else None,
        )
        column.pairs[owner.name, asked.class_name] = pair
        return pair

    def _speaking_of(self, asked: Request) -> int:
        """The rules that speak of the owner and the class."""
        owner, key = asked.owner, (asked.owner.name, asked.class_name)
        if key not in self._of_owner_and_class:
            self._of_owner_and_class[key] = (
                self._rules.classes.passing(*asked.above)
                & self._rules.owner_kinds.passing(owner.kind)
                & self._rules.owner_agencies.passing(owner.name)
            )
        return self._of_owner_and_class[key]

    def _about(self, asked: Request, pair: _Pair, column: _Column, person: str, role: str) -> Decision:
        """Gates 4 to 9 for one subject, where nothing that is signed is in force."""
        if role not in self._in_role:
            self._in_role[role] = self._rules.subjects.passing(role)
        rules = pair.rules & self._in_role[role]
        said = self._word_of(person, asked, column) if rules else None
        key = (rules, pair.lock, pair.agreement, pair.sector, asked.offered, said)
        if key not in self._known:
            self._known[key] = self._decided(rules, pair, asked.offered, said)
        return self._known[key]

    def _word_of(self, person: str, asked: Request, column: _Column) -> Said | None:
        consents = self._policy.consents_of.get(person)
        if not consents:
            return None
        key = (person, asked.class_name, column.agency.name)
        if key not in self._said:
            self._said[key] = latest_word(consents, self._by(asked, column))
        return self._said[key]

    # ---- gates 4 to 9, over bits ------------------------------------------------------------------------

    def _decided(self, rules: int, pair: _Pair, offered: Level, said: Said | None) -> Decision:
        return self._closed(rules, pair, offered) or self._opened(rules, pair, offered, said)

    def _closed(self, rules: int, pair: _Pair, offered: Level) -> Decision | None:
        """Gates 4 to 7."""
        if pair.lock is not None:
            return self._refusal(Reason.LOCKED, lock=pair.lock)
        if pair.agreement is None:
            return self._refusal(Reason.NO_AGREEMENT)
        if forbids := rules & self._rules.effects.get(Effect.FORBID, 0):
            return self._refusal(Reason.FORBIDDEN, rule=self._rule(forbids).id)
        return self._refusal(Reason.NOT_OFFERED) if offered is Level.NONE else None

    def _opened(self, rules: int, pair: _Pair, offered: Level, said: Said | None) -> Decision:
        """Gates 8 and 9."""
        permits = rules & self._rules.effects.get(Effect.PERMIT, 0)
        if not permits:
            return self._refusal(Reason.NO_RULE)
        live = permits & self._sound[pair.sector] & ~self._rules.asking & self._consented(said)
        if not live:
            return self._failed(permits, pair, said)
        best = self._highest(live)
        return self._levelled(best, rules & self._rules.effects.get(Effect.LIMIT, 0), pair, offered, said)

    def _levelled(self, best: Rule, limits: int, pair: _Pair, offered: Level, said: Said | None) -> Decision:
        """Gate 9: the level of the best live permit, under the limits and the offer."""
        lows = [level for level in _LOWEST_FIRST if limits & self._rules.levels.get(level, 0)]
        level = min([best.level, offered, *lows[:1]])
        telling = limits & self._rules.levels.get(level, 0) if level < best.level else 0
        told = tuple(self._rules.listed[place].id for place in places_of(telling))
        if level is Level.NONE:
            return self._refusal(Reason.LIMITED, limits=told)
        return Decision(
            level=level,
            reason=Reason.PERMITTED,
            rule=best.id,
            basis=best.basis,
            condition=best.condition,
            power=best.power,
            agreement=pair.agreement,
            consent=said.consent if said and best.need is Need.REQUIRED else None,
            limits=told,
            policy=self._policy.version,
        )

    def _failed(self, permits: int, pair: _Pair, said: Said | None) -> Decision:
        """Gate 8, where no permit is live: why the nearest is not."""
        nearest = self._highest(permits)
        bit = permits & self._rules.levels[nearest.level]
        bit &= -bit
        if not bit & self._sound[pair.sector]:
            return self._refusal(Reason.BASIS_INVALID, rule=nearest.id)
        if not bit & self._consented(said):
            if said is None:
                return self._refusal(Reason.CONSENT_MISSING, rule=nearest.id)
            return self._refusal(Reason.CONSENT_REFUSED, rule=nearest.id, consent=said.consent)
        return self._refusal(Reason.APPROVAL_NEEDED, rule=nearest.id)

    def _consented(self, said: Said | None) -> int:
        """The permits whose condition on consent is met by a word, or by silence."""
        needs = self._rules.needs
        met = needs.get(Need.IRRELEVANT, 0)
        if said is None or said.word is Word.GRANT:
            met |= needs.get(Need.CONSIDERED, 0)
        if said is not None and said.word is Word.GRANT:
            met |= needs.get(Need.REQUIRED, 0)
        return met

    def _on_sound_basis(self, sector: str) -> int:
        """The permits whose basis is in force and open to `sector`."""
        sound = 0
        for basis in self._policy.bases:
            if sector in basis.sectors and basis.interval.holds(self._at):
                sound |= self._rules.bases.get(basis.code, 0)
        return sound

    def _highest(self, rules: int) -> Rule:
        """Of some permits, at least one, the one with the highest level; among these the smallest id."""
        return self._rule(
            next(found for level in _HIGHEST_FIRST if (found := rules & self._rules.levels.get(level, 0)))
        )

    def _rule(self, rules: int) -> Rule:
        """Of some rules, at least one, the one with the smallest id."""
        return self._rules.listed[lowest(rules)]

    def _refusal(
        self,
        reason: Reason,
        *,
        rule: str | None = None,
        consent: str | None = None,
        lock: str | None = None,
        limits: tuple[str, ...] = (),
    ) -> Decision:
        return Decision(
            level=Level.NONE,
            reason=reason,
            rule=rule,
            consent=consent,
            lock=lock,
            limits=limits,
            policy=self._policy.version,
        )
