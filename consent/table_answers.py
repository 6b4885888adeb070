"""The answers that a table is filled with: the gates of the law, over bits in place of rules.

Where something that professionals signed is in force, the law itself is asked: that is rare, and its caps are
easiest to read there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from consent.ask import Request, read_request
from consent.decide import decide, refusal
from consent.matching import signed_in_force
from consent.model import Decision, Effect, Level, Need, Policy, Reason, Rule, Word
from consent.table_layout import Layout, lowest, places_of
from consent.table_parts import Column, Field, Part, Recipient, Speaking, TableCell
from consent.words import is_word
from consent.words_said import Said, latest_word

_HIGHEST_FIRST = (Level.FULL, Level.SUMMARY, Level.PRESENCE)
_LOWEST_FIRST = tuple(sorted(Level))


class Answers:
    """The answers about some cells, for one policy, purpose and moment.

    at: aware, UTC.
    """

    def __init__(
        self, policy: Policy, layout: Layout, cells: Iterable[TableCell], purpose: str, at: datetime
    ) -> None:
        self._policy, self._purpose, self._at = policy, purpose, at
        self._rules, self._agreements = layout.rules, layout.agreements
        self._in_force = self._rules.in_time.holding(at) & self._rules.purposes.passing(purpose)
        self._agreed = self._agreements.in_time.holding(at) & self._agreements.purposes.passing(purpose)
        effects = self._rules.effects
        self._forbids, self._limits, self._permits = (
            effects.get(effect, 0) for effect in (Effect.FORBID, Effect.LIMIT, Effect.PERMIT)
        )
        self._sound = {agency.sector: self._on_sound_basis(agency.sector) for agency in policy.agencies}
        self._met = {word: self._consented(word) for word in (None, *Word)}
        self._live = {
            (sector, word): sound & met & ~self._rules.asking
            for sector, sound in self._sound.items()
            for word, met in self._met.items()
        }
        self._known: dict[tuple[object, ...], Decision] = {}
        self._incomplete = refusal(self._policy, Reason.INCOMPLETE)
        self._excluded = refusal(self._policy, Reason.EXCLUDED)
        self._no_agreement = refusal(self._policy, Reason.NO_AGREEMENT)
        self._own = Decision(level=Level.FULL, reason=Reason.OWN, policy=policy.version)
        self._parts: list[Part] = []
        self._numbers: dict[tuple[str, str, Level, str, str], int] = {}
        self._speaking: dict[tuple[str, str], Speaking] = {}
        self._in_role: dict[str, int] = {}
        self._fields = [self._field(cell) for cell in cells]

    def row(self, recipient: Recipient) -> list[Decision]:
        """The decision about each cell for one recipient."""
        column = self._column(recipient)
        if column is None:
            return [self._incomplete for _ in self._fields]
        if recipient.excluded:
            return [self._excluded if field.asked else self._incomplete for field in self._fields]
        parts = [self._about(part, column) for part in self._parts]
        return [self._answer(field, column, parts) for field in self._fields]

    # ---- gates 1 to 3, and what is looked up beforehand -------------------------------------------------

    def _field(self, cell: TableCell) -> Field:
        owner = Recipient(cell.owner, frozenset(), excluded=False)
        asked = read_request(self._policy, self._request(cell, owner))
        if asked is None:
            return Field(cell)
        parts = tuple(self._part(asked, person, role) for person, role in asked.subjects)
        signed = (one for who, _ in asked.subjects for one in self._policy.signed_for.get(who, ()))
        return Field(cell, asked, parts, tuple(one for one in signed if one.owner == cell.owner))

    def _part(self, asked: Request, person: str, role: str) -> int:
        """The number of a part, which fields may share."""
        key = (asked.owner.name, asked.class_name, asked.offered, person, role)
        if key not in self._numbers:
            self._numbers[key] = len(self._parts)
            self._parts.append(self._looked_up(asked, person, role))
        return self._numbers[key]

    def _looked_up(self, asked: Request, person: str, role: str) -> Part:
        speaking = self._speaking_of(asked)
        if role not in self._in_role:
            self._in_role[role] = self._rules.subjects.passing(role)
        roots = ((said, said.clauses[0]) for said in self._policy.consents_of.get(person, ()))
        return Part(
            asked=asked,
            person=person,
            rules=speaking.rules & self._in_role[role],
            agreements=speaking.agreements,
            locked=speaking.locked,
            spoken=tuple(
                said
                for said, root in roots
                if self._purpose in root.purposes and not asked.above.isdisjoint(root.classes)
            ),
        )

    def _speaking_of(self, asked: Request) -> Speaking:
        """What speaks of the owner and the class."""
        owner, above, key = asked.owner, asked.above, (asked.owner.name, asked.class_name)
        if key not in self._speaking:
            locks = [lock.id for lock in self._policy.locks if not above.isdisjoint(lock.classes)]
            self._speaking[key] = Speaking(
                rules=self._in_force
                & self._rules.classes.passing(*above)
                & self._rules.owner_kinds.passing(owner.kind)
                & self._rules.owner_agencies.passing(owner.name),
                agreements=self._agreed
                & self._agreements.classes.passing(*above)
                & self._agreements.parties.passing(owner.name),
                locked=refusal(self._policy, Reason.LOCKED, lock=min(locks)) if locks else None,
            )
        return self._speaking[key]

    def _column(self, recipient: Recipient) -> Column | None:
        """None for a recipient that no complete request can name."""
        agency = self._policy.agency.get(recipient.agency)
        words = all(is_word(role) for role in recipient.roles)
        if agency is None or not words or not isinstance(recipient.excluded, bool):
            return None
        rules = (
            self._rules.recipient_kinds.passing(agency.kind)
            & self._rules.recipient_agencies.passing(agency.name)
            & self._rules.roles.passing(*recipient.roles)
        )
        return Column(recipient, agency, rules, self._agreements.parties.passing(agency.name), {})

    def _answer(self, field: Field, column: Column, parts: Sequence[Decision]) -> Decision:
        if field.asked is None:
            return self._incomplete
        if field.asked.owner.name == column.agency.name:
            return self._own
        if field.signed and signed_in_force(field.signed, self._by(field.asked, column)):
            return decide(self._policy, self._request(field.cell, column.recipient))
        if len(field.parts) == 1:
            return parts[field.parts[0]]
        return min((parts[number] for number in field.parts), key=lambda answer: answer.level)

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

    def _by(self, asked: Request, column: Column) -> Request:
        """The same request by another recipient, in no role: what is said and signed names agencies alone."""
        return replace(asked, recipient=column.agency)

    # ---- gates 4 to 9, over bits, for one subject about whom nothing signed is in force -----------------

    def _about(self, part: Part, column: Column) -> Decision:
        if part.locked is not None:
            return part.locked
        agreed = part.agreements & column.agreements
        if not agreed:
            return self._no_agreement
        rules = part.rules & column.rules
        said = self._word(part, column) if rules and part.spoken else None
        key = (rules, agreed, part.asked.owner.sector, part.asked.offered, said)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._decided(rules, agreed, part.asked, said)
        return known

    def _word(self, part: Part, column: Column) -> Said | None:
        key = (part.person, part.asked.class_name)
        if key not in column.heard:
            column.heard[key] = latest_word(part.spoken, self._by(part.asked, column))
        return column.heard[key]

    def _decided(self, rules: int, agreed: int, asked: Request, said: Said | None) -> Decision:
        """Gates 6 to 8."""
        if forbids := rules & self._forbids:
            return refusal(self._policy, Reason.FORBIDDEN, rule=self._rule(forbids).id)
        if asked.offered is Level.NONE:
            return refusal(self._policy, Reason.NOT_OFFERED)
        permits = rules & self._permits
        if not permits:
            return refusal(self._policy, Reason.NO_RULE)
        live = permits & self._live[asked.owner.sector, said.word if said else None]
        if not live:
            return self._failed(permits, asked.owner.sector, said)
        best = self._rule(self._highest(live))
        return self._levelled(best, rules & self._limits, agreed, asked.offered, said)

    def _failed(self, permits: int, sector: str, said: Said | None) -> Decision:
        """Gate 8, where no permit is live: why the nearest is not."""
        nearest = self._highest(permits)
        name = self._rule(nearest).id
        if not nearest & self._sound[sector]:
            return refusal(self._policy, Reason.BASIS_INVALID, rule=name)
        if nearest & self._met[said.word if said else None]:
            return refusal(self._policy, Reason.APPROVAL_NEEDED, rule=name)
        if said is None:
            return refusal(self._policy, Reason.CONSENT_MISSING, rule=name)
        return refusal(self._policy, Reason.CONSENT_REFUSED, rule=name, consent=said.consent)

    def _levelled(self, best: Rule, limits: int, agreed: int, offered: Level, said: Said | None) -> Decision:
        """Gate 9: the level of the best live permit, under the limits and the offer."""
        level = min(best.level, offered)
        if limits:
            level = min(level, self._lowest_level(limits))
        telling = limits & self._rules.levels.get(level, 0) if level < best.level else 0
        told = tuple(self._rules.listed[place].id for place in places_of(telling))
        if level is Level.NONE:
            return refusal(self._policy, Reason.LIMITED, limits=told)
        return Decision(
            level=level,
            reason=Reason.PERMITTED,
            rule=best.id,
            basis=best.basis,
            condition=best.condition,
            power=best.power,
            agreement=self._agreements.listed[lowest(agreed)].id,
            consent=said.consent if said and best.need is Need.REQUIRED else None,
            limits=told,
            policy=self._policy.version,
        )

    def _consented(self, word: Word | None) -> int:
        """The permits whose condition on consent is met by a word, or by silence."""
        needs = self._rules.needs
        met = needs.get(Need.IRRELEVANT, 0)
        if word is not Word.REFUSE:
            met |= needs.get(Need.CONSIDERED, 0)
        return met | needs.get(Need.REQUIRED, 0) if word is Word.GRANT else met

    def _on_sound_basis(self, sector: str) -> int:
        """The permits whose basis is in force and open to `sector`."""
        sound = 0
        for basis in self._policy.bases:
            if sector in basis.sectors and basis.interval.holds(self._at):
                sound |= self._rules.bases.get(basis.code, 0)
        return sound

    def _highest(self, permits: int) -> int:
        """Of some permits, at least one, the one with the highest level; among these the smallest id."""
        found = next(
            found for level in _HIGHEST_FIRST if (found := permits & self._rules.levels.get(level, 0))
        )
        return found & -found

    def _lowest_level(self, limits: int) -> Level:
        return next(level for level in _LOWEST_FIRST if limits & self._rules.levels.get(level, 0))

    def _rule(self, rules: int) -> Rule:
        """Of some rules, at least one, the one with the smallest id."""
        return self._rules.listed[lowest(rules)]
