"""The log of every disclosure: append-only, verifiable offline, and to each agency only its own part.

Pure: standard library, `cryptography` and `rfc8785`. Where things are stored is the protocol `Store`.
"""

from audit.checkpoint import (
    Checkpoint,
    Cosignature,
    cosign,
    open_checkpoint,
    sign_checkpoint,
    verify_cosignatures,
)
from audit.encoding import canonical
from audit.errors import (
    BadEncoding,
    BadEvent,
    BadFolder,
    BadNote,
    BadPolicy,
    BadProof,
    BadTile,
    LeafTooLong,
    LogFault,
    NotInLog,
)
from audit.event import EMPTY_BODY, Event, Item, Random, value_commitment
from audit.export import Progress, export_log, tile_bytes
from audit.leaf import HOUSE, LEAF_LIMIT, Continuation, OpenItem, Part, Parts, Roster, seal_event
from audit.names import EventName
from audit.note import COSIGNATURE, ED25519, Note, Signature, SigningKey, VerifierKey
from audit.parts import OpenedItem, OpenedPart
from audit.policy import Policy, parse_policy
from audit.proof import Proof, prove
from audit.receipt import Receipt, leaves_hash, sign_receipt, verify_receipt
from audit.store import MemoryStore, Store
from audit.tree import (
    EMPTY_ROOT,
    Node,
    Place,
    append,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    peaks,
    root,
    verify_consistency,
    verify_inclusion,
)
from audit.verify import read_key, verify_folder, verify_proof

__all__ = [
    "COSIGNATURE",
    "ED25519",
    "EMPTY_BODY",
    "EMPTY_ROOT",
    "HOUSE",
    "LEAF_LIMIT",
    "BadEncoding",
    "BadEvent",
    "BadFolder",
    "BadNote",
    "BadPolicy",
    "BadProof",
    "BadTile",
    "Checkpoint",
    "Continuation",
    "Cosignature",
    "Event",
    "EventName",
    "Item",
    "LeafTooLong",
    "LogFault",
    "MemoryStore",
    "Node",
    "NotInLog",
    "Note",
    "OpenItem",
    "OpenedItem",
    "OpenedPart",
    "Part",
    "Parts",
    "Place",
    "Policy",
    "Progress",
    "Proof",
    "Random",
    "Receipt",
    "Roster",
    "Signature",
    "SigningKey",
    "Store",
    "VerifierKey",
    "append",
    "canonical",
    "consistency_proof",
    "cosign",
    "export_log",
    "inclusion_proof",
    "leaf_hash",
    "leaves_hash",
    "node_hash",
    "open_checkpoint",
    "parse_policy",
    "peaks",
    "prove",
    "read_key",
    "root",
    "seal_event",
    "sign_checkpoint",
    "sign_receipt",
    "tile_bytes",
    "value_commitment",
    "verify_consistency",
    "verify_cosignatures",
    "verify_folder",
    "verify_inclusion",
    "verify_proof",
    "verify_receipt",
]
