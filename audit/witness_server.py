"""The witness over HTTP: `POST /add-checkpoint`, `GET /<origin hash>/checkpoint`. Source: C2SP tlog-witness.

Nobody needs to be let in: what is asked is signed by the log, what is answered by the witness. Put TLS in
front if the network asks for it.
"""

import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import AF_INET, AF_INET6
from types import FrameType

from audit.errors import BadFolder
from audit.note import VerifierKey
from audit.witness import REQUEST_LIMIT, Answer, Witness
from audit.witness_state import StateFile, key_for

SECONDS = 10
AT_ONCE = 32
_PATH = re.compile(r"/([0-9a-f]{64})/checkpoint")


def run_witness(listen: str, key: Path, state: Path, logs: Sequence[VerifierKey], name: str | None) -> None:
    """Cosign until SIGINT or SIGTERM. Says on standard output who it is and where it listens.

    listen: `HOST:PORT`; port 0 takes any that is free.   name: of a new key.
    Raises BadFolder, BadNote, OSError.
    """
    signing = key_for(key, state, name)
    memory = StateFile.open(state, str(signing.verifier))
    try:
        witness = Witness(signing, logs, memory, clock=lambda: int(time.time()), tell=memory.refused)
        with _server(listen, witness) as server:
            print(f"vkey {signing.verifier}")  # noqa: T201 - it is what the log's operator is to be given
            print(f"listening on {_address(server)}", flush=True)  # noqa: T201
            _until_told(server)
    finally:
        memory.close()


class WitnessServer(ThreadingHTTPServer):
    """A server with so many threads and no more; `witness` answers."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, place: tuple[str, int], witness: Witness) -> None:
        self.address_family = AF_INET6 if ":" in place[0] else AF_INET
        self.witness = witness
        self.free = threading.BoundedSemaphore(AT_ONCE)
        super().__init__(place, _Handler)


class _Handler(BaseHTTPRequestHandler):
    """One connection: many requests, each with its time limit."""

    protocol_version = "HTTP/1.1"
    server_version = "witness"
    sys_version = ""
    timeout = SECONDS
    server: WitnessServer

    def handle(self) -> None:
        """Answer as long as there is room for one more connection."""
        if not self.server.free.acquire(timeout=SECONDS):
            return
        try:
            super().handle()
        except OSError:
            self.close_connection = True  # whoever asked went away
        finally:
            self.server.free.release()

    def do_POST(self) -> None:
        """`add-checkpoint`."""
        body = self._body()
        if body is None:
            return
        if self.path != "/add-checkpoint":
            self._send(Answer(404, b"not found\n"))
            return
        self._answer(lambda: self.server.witness.add_checkpoint(body))

    def do_GET(self) -> None:
        """The last checkpoint of a log."""
        found = _PATH.fullmatch(self.path)
        if found is None:
            self._send(Answer(404, b"not found\n"))
            return
        self._answer(lambda: self.server.witness.checkpoint(found[1]))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """One short line on standard error; nobody's address."""
        print(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {format % args!a}", file=sys.stderr)  # noqa: T201

    def _answer(self, make: Callable[[], Answer]) -> None:
        try:
            answer = make()
        except OSError as error:  # it could not be kept, so nothing is cosigned
            self.log_error("the state cannot be kept: %s", error.strerror)
            answer = Answer(500, b"the state cannot be kept\n")
        self._send(answer)

    def _body(self) -> bytes | None:
        """What was sent; None if it cannot be read, which has then been answered."""
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"[0-9]{1,9}", length, re.ASCII) or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(Answer(400, b"say the length of what is sent\n"))
            return None
        if int(length) > REQUEST_LIMIT:
            self.close_connection = True
            self._send(Answer(400, f"more than {REQUEST_LIMIT} bytes\n".encode()))
            return None
        return self._read(int(length))

    def _read(self, length: int) -> bytes | None:
        """So many bytes, in the time that a request has; None, and the end of the connection, if not."""
        until, found = time.monotonic() + SECONDS, b""
        while len(found) < length and time.monotonic() < until:
            piece = self.rfile.read1(length - len(found))
            if not piece:
                break
            found += piece
        if len(found) < length:
            self.close_connection = True
            return None
        return found

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)


def _server(listen: str, witness: Witness) -> WitnessServer:
    host, _, port = listen.rpartition(":")
    if not host or not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII) or int(port) > 65535:
        raise BadFolder(f"{listen!a}: not HOST:PORT")
    return WitnessServer((host.strip("[]"), int(port)), witness)


def _address(server: WitnessServer) -> str:
    host, port = str(server.server_address[0]), server.server_address[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _until_told(server: WitnessServer) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=server.shutdown).start()  # shutdown waits for the loop that is running here

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    server.serve_forever(poll_interval=0.2)
