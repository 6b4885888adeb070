"""`python -m audit`: verify a log or a proof with nothing but files; run a witness; keep a copy.

Exit 0, or 1 and the first fault; 2 for usage.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from audit.encoding import to_base64
from audit.errors import LogFault
from audit.fetching import asking, fetch_log
from audit.files import read_given
from audit.verify import read_key, verify_folder, verify_proof
from audit.witness_server import run_witness

BIG = 100_000
"""From so many leaves on, progress is shown."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    asked = _parser().parse_args(arguments)
    try:
        return _COMMANDS[asked.command](asked)
    except LogFault as fault:
        print(f"fault: {fault}", file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001 (whatever else goes wrong, nothing has been verified)
        print(f"fault: cannot be verified ({type(error).__name__})", file=sys.stderr)
        return 1


def _fetch(asked: argparse.Namespace) -> int:
    token = read_given(asked.token, 4096).decode("ascii", "replace").strip()
    reached = fetch_log(asked.folder, asked.vkey, asking(asked.url, token), print)
    print(f"verified: {reached.origin!a} size {reached.size} root {to_base64(reached.root)}")
    return 0


def _witness(asked: argparse.Namespace) -> int:
    try:
        run_witness(asked.listen, asked.key, asked.state, [read_key(path) for path in asked.log], asked.name)
    except OSError as error:
        print(f"fault: {error.filename or asked.listen}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def _verify(asked: argparse.Namespace) -> int:
    checkpoint = verify_folder(
        asked.folder,
        asked.vkey,
        previous=asked.previous,
        policy=asked.policy,
        parts=asked.parts,
        progress=_Progress(),
    )
    print(f"verified: {checkpoint.origin!a} size {checkpoint.size} root {to_base64(checkpoint.root)}")
    return 0


def _verify_proof(asked: argparse.Namespace) -> int:
    checkpoint, index = verify_proof(asked.leaf, asked.proof, asked.vkey, policy=asked.policy)
    print(f"verified: {checkpoint.origin!a} holds the leaf at index {index} of {checkpoint.size}")
    return 0


_COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "fetch": _fetch,
    "verify": _verify,
    "verify-proof": _verify_proof,
    "witness": _witness,
}


class _Progress:
    """Says on standard error, once a second, how far a big log has been read."""

    def __init__(self) -> None:
        self._next = time.monotonic() + 1

    def __call__(self, done: int, total: int) -> None:
        if total >= BIG and time.monotonic() >= self._next:
            self._next = time.monotonic() + 1
            print(f"{done} of {total} entries", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m audit", description="Verify a disclosure log offline.")
    commands = parser.add_subparsers(dest="command", required=True)
    verify = commands.add_parser("verify", help="every tile, bundle and signature of an exported log")
    verify.add_argument("folder", type=Path, metavar="DIR", help="the exported log")
    verify.add_argument("--vkey", type=Path, required=True, metavar="FILE", help="the log's verifier key")
    verify.add_argument(
        "--previous", type=Path, metavar="CHECKPOINT", help="a checkpoint that this log must continue"
    )
    verify.add_argument(
        "--policy", type=Path, metavar="FILE", help="witnesses that must have cosigned (tlog-policy)"
    )
    verify.add_argument("--parts", type=Path, metavar="FILE", help="what opens one agency's parts of the log")
    proof = commands.add_parser("verify-proof", help="that a leaf is in the log")
    proof.add_argument("leaf", type=Path, metavar="LEAF", help="the exact bytes of the leaf")
    proof.add_argument("proof", type=Path, metavar="PROOF", help="a .tlog-proof")
    proof.add_argument("--vkey", type=Path, required=True, metavar="FILE", help="the log's verifier key")
    proof.add_argument(
        "--policy", type=Path, metavar="FILE", help="witnesses that must have cosigned (tlog-policy)"
    )
    fetch = commands.add_parser("fetch", help="keep an agency's copy up to date from the application")
    fetch.add_argument("folder", type=Path, metavar="DIR", help="the copy; made on the first run")
    fetch.add_argument("--url", required=True, help="the application's address")
    fetch.add_argument("--token", type=Path, required=True, metavar="FILE", help="the agency's token")
    fetch.add_argument("--vkey", type=Path, required=True, metavar="FILE", help="the log's verifier key")
    witness = commands.add_parser("witness", help="cosign a log's checkpoints as long as it only grows")
    witness.add_argument("--listen", required=True, metavar="HOST:PORT")
    witness.add_argument(
        "--key", type=Path, required=True, metavar="FILE", help="its key; made on the first run"
    )
    witness.add_argument("--state", type=Path, required=True, metavar="FILE", help="what it has cosigned")
    witness.add_argument(
        "--log",
        type=Path,
        required=True,
        action="append",
        metavar="FILE",
        help="a log's verifier key; repeat",
    )
    witness.add_argument("--name", help="how a new witness is called, such as witness.police.example/1")
    return parser


if __name__ == "__main__":
    sys.exit(main())
