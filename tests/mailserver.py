"""A mail server on this machine that can be told to fail: to answer otherwise at a step, to hang up there, or to have somebody do something first."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

STEPS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "message", "QUIT")
DROP = b""
USUAL = {"connect": b"220 here", "EHLO": b"250 here", "MAIL": b"250 ok", "RCPT": b"250 ok", "DATA": b"354 go on", "message": b"250 taken", "QUIT": b"221 bye", "RSET": b"250 ok"}

Answer = Callable[[str, int, str], bytes | None]  # step, how often it was there before, to whom -> the answer, DROP, or None for the usual one


@dataclass
class MailServer:
    """What came: the recipient and the text of each message that the server took, and every step."""

    port: int
    answer: Answer = lambda step, times, to: None
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    @property
    def got(self) -> Counter[str]:
        """How many messages came for whom."""
        return Counter(to for to, _ in self.taken)


class _Talk(socketserver.StreamRequestHandler):
    server: _Listener

    def handle(self) -> None:
        with suppress(OSError):  # the client has gone
            self.talk()

    def talk(self) -> None:
        if not self.say("connect", ""):
            return
        to = ""
        while line := self.rfile.readline():
            verb = line[:4].upper().decode("ascii", "replace").strip()
            step = {"HELO": "EHLO"}.get(verb, verb)
            if step == "RCPT":
                to = line.decode().partition("<")[2].partition(">")[0]
            if not self.say(step, to) or step == "QUIT":
                return
            if step == "DATA" and self.said.startswith(b"354"):
                message = b""
                while (row := self.rfile.readline()) != b".\r\n":
                    if not row:
                        return
                    message += row[1:] if row.startswith(b".") else row
                if not self.say("message", to, message):
                    return

    def say(self, step: str, to: str, message: bytes = b"") -> bool:
        here = self.server.here
        with self.server.lock:
            times = here.steps.count(step)
            here.steps.append(step)
            answer = here.answer(step, times, to)
            if answer is None:
                answer = USUAL.get(step, b"502 what")
            if step == "message" and (answer == DROP or answer.startswith(b"2")):
                here.taken.append((to, message))  # a server that hangs up at this point has it
        self.said = answer
        if answer == DROP:
            return False
        self.wfile.write(answer + b"\r\n")
        return not answer.startswith(b"421")


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.lock = threading.Lock()
        self.here = MailServer(self.server_address[1])

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self.close_request(request)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    with _Listener() as listener:
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield listener.here
        finally:
            listener.shutdown()
            thread.join()
