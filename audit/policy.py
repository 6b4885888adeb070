"""Whose cosignatures a checkpoint needs. Source: C2SP tlog-policy.

A quorum counts agencies, not keys, when the policy has one group for each agency.
"""

import re
from dataclasses import dataclass, field

from audit.checkpoint import verify_cosignatures
from audit.errors import BadNote, BadPolicy
from audit.note import COSIGNATURE, ED25519, Note, VerifierKey

_OCTETS = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]*")
_COUNT = re.compile(rb"[1-9][0-9]{0,8}")
_LINES = 1000
_NOBODY = b"none"


@dataclass(frozen=True, slots=True)
class Group:
    """Holds when at least `least` of its members do: witnesses and groups named before."""

    least: int
    members: tuple[bytes, ...]


@dataclass(slots=True)
class Policy:
    """Logs, witnesses and groups by name, and which name must hold; names mean nothing outside.

    None: no witness.
    """

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[bytes, VerifierKey] = field(default_factory=dict)
    groups: dict[bytes, Group] = field(default_factory=dict)
    quorum: bytes | None = None

    def check(self, note: Note, log: VerifierKey) -> None:
        """Raise BadPolicy unless the policy trusts `log` and enough witnesses cosigned `note`.

        The caller has verified the log's own signature. Raises BadNote for a known witness's bad signature.
        """
        if self.logs and log not in self.logs:
            raise BadPolicy("policy: the log's key is not among its logs")
        cosigned = {one.key for one in verify_cosignatures(note, list(self.witnesses.values()))}
        holding = {name for name, key in self.witnesses.items() if key in cosigned}
        for name, group in self.groups.items():
            if len(holding.intersection(group.members)) >= group.least:
                holding.add(name)
        if self.quorum is not None and self.quorum not in holding:
            raise BadPolicy("policy: the checkpoint has not the cosignatures that its quorum asks for")


def parse_policy(data: bytes) -> Policy:
    """The policy in a file. Raises BadPolicy with the number of the first line that is wrong."""
    if not _OCTETS.fullmatch(data) or (data and not data.endswith(b"\n")):
        raise BadPolicy("policy: a control character, or no newline at the end")
    policy, quorums = Policy(), 0
    lines = data.split(b"\n")
    if len(lines) > _LINES:
        raise BadPolicy(f"policy: more than {_LINES} lines")
    for number, line in enumerate(lines, start=1):
        words = line.replace(b"\t", b" ").split(b" ")
        words = [word for word in words if word]
        if not words or words[0].startswith(b"#"):
            continue
        try:
            _read(policy, words)
        except (BadPolicy, BadNote, UnicodeDecodeError) as error:
            what = "a key is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            raise BadPolicy(f"policy line {number}: {what}") from None
        quorums += words[0] == b"quorum"
    if quorums != 1:
        raise BadPolicy(f"policy: {quorums} quorum lines, not one")
    return policy


def _read(policy: Policy, words: list[bytes]) -> None:
    match words:
        case [b"log", key] | [b"log", key, _]:
            policy.logs.append(_key(key, (ED25519,), policy.logs))
        case [b"witness", name, key] | [b"witness", name, key, _]:
            known = list(policy.witnesses.values())
            policy.witnesses[_fresh(policy, name)] = _key(key, (COSIGNATURE,), known)
        case [b"group", name, least, *members] if members:
            policy.groups[_fresh(policy, name)] = _group(policy, least, members)
        case [b"quorum", name]:
            policy.quorum = None if name == _NOBODY else _known(policy, name)
        case _:
            raise BadPolicy("not a log, witness, group or quorum")


def _key(text: bytes, kinds: tuple[int, ...], known: list[VerifierKey]) -> VerifierKey:
    key = VerifierKey.parse(text.decode("utf-8"))
    if key.kind not in kinds:
        raise BadPolicy(f"signature type 0x{key.kind:02x} is not supported here")
    if any(other.public == key.public for other in known):
        raise BadPolicy("the same public key twice")
    return key


def _group(policy: Policy, least: bytes, members: list[bytes]) -> Group:
    names = tuple(_known(policy, member) for member in members)
    nested = [member for group in policy.groups.values() for member in group.members]
    if len(set(names)) != len(names) or set(names).intersection(nested):
        raise BadPolicy("a name is a member twice")
    if least in (b"any", b"all"):
        return Group(1 if least == b"any" else len(names), names)
    if not _COUNT.fullmatch(least) or int(least) > len(names):
        raise BadPolicy("needs any, all or a number from 1 to that of its members")
    return Group(int(least), names)


def _known(policy: Policy, name: bytes) -> bytes:
    if name not in policy.witnesses and name not in policy.groups:
        raise BadPolicy("a name that no line before defines")
    return name


def _fresh(policy: Policy, name: bytes) -> bytes:
    if name == _NOBODY or name in policy.witnesses or name in policy.groups:
        raise BadPolicy("a name that is taken")
    return name
