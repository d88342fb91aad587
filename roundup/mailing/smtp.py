"""One message at a time to a mail server, and what it answered, told apart by what a sender may do next."""

from __future__ import annotations

import base64
import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from functools import cached_property

import certifi
from msgspec import Struct

from roundup.config import Smtp
from roundup.errors import PublishError, printable
from roundup.sources.reach import is_loopback
from roundup.text.visible import one_line

TIMEOUT_S = 60  # for any one answer; RFC 5321 allows servers minutes, and those that take them are on their knees
A_CONNECTION = 300  # messages; servers close one that goes on for ever

TAKEN, REFUSED, DENIED, LATER, LOST = "taken", "refused", "denied", "later", "lost"
_MESSAGE = "the message"
_OUR_NAME = "[127.0.0.1]"  # as mail programs greet that know no name of their machine; to ask for it may take seconds


class Outcome(Struct, frozen=True):
    """What became of a message, and what the server said to it.

    ``taken``: the server has it. ``refused``: it says that there is no such mailbox. ``denied``: it does not want this message, and never will.
    ``later``: it does not have the message, and may take it another time. ``lost``: the connection went between the end of the message and the
    answer, so that nobody knows.
    """

    kind: str
    answer: str


class _RefusalError(Exception):
    """An answer other than the one that a step needs."""

    def __init__(self, step: str, code: int, text: bytes) -> None:
        self.step, self.code = step, code
        self.said = f"{code} {one_line(text.decode('utf-8', 'replace'))}"
        super().__init__(self.said)


class Server:
    """A mail server, connected when the first message goes, and anew after some hundred."""

    def __init__(self, smtp: Smtp, password: str = "", timeout_s: float = TIMEOUT_S) -> None:
        self.smtp, self._password, self._timeout_s = smtp, password, timeout_s
        self._line: smtplib.SMTP | None = None
        self._sent = 0

    @property
    def name(self) -> str:
        return f"{self.smtp.host}:{self.smtp.port}"

    def open(self) -> None:
        """Connect and log in. PublishError says at which step that ended; nothing is sent by then."""
        if self._line is None:
            step = ["connecting"]
            try:
                self._line = self._connect(step)
            except _RefusalError as refusal:
                raise self._failed(step[0], f"it answered {refusal.said}") from None
            except ssl.SSLCertVerificationError as error:
                raise self._failed(step[0], f"its certificate is not to be trusted ({error.verify_message})") from None
            except smtplib.SMTPException as error:  # whose text may hold what was sent
                raise self._failed(step[0], "it gave no answer in time" if "timed out" in str(error) else "it hung up") from None
            except OSError as error:
                raise self._failed(step[0], (error.strerror or str(error)).lower()) from None
            self._sent = 0

    def _failed(self, step: str, why: str) -> PublishError:
        return PublishError(f"{self.name}: {step} failed: {self._without_secret(why)}; nothing more was sent")

    def _connect(self, step: list[str]) -> smtplib.SMTP:
        how, here = self.smtp.security, is_loopback(self.smtp.host)
        to, wait_s = (self.smtp.host, self.smtp.port, _OUR_NAME), self._timeout_s
        with contextlib.ExitStack() as until:
            try:
                line: smtplib.SMTP = smtplib.SMTP_SSL(*to, timeout=wait_s, context=self._trust) if how == "tls" else smtplib.SMTP(*to, timeout=wait_s)
            except smtplib.SMTPConnectError as error:
                raise _RefusalError(step[0], error.smtp_code, _as_bytes(error.smtp_error)) from None
            until.callback(line.close)
            step[0] = "greeting it"
            _expect(250, step[0], line.ehlo())
            if how in ("", "starttls") and (how or not here or line.has_extn("starttls")):
                step[0] = "securing the line (STARTTLS)"
                if not line.has_extn("starttls"):
                    raise self._failed(step[0], 'it offers no STARTTLS; write "security: tls", or "none" for a server that you reach safely')
                _expect(220, step[0], line.starttls(context=self._trust))
                _expect(250, step[0], line.ehlo())
            if self.smtp.user:
                step[0] = "logging in"
                if not (here or isinstance(line.sock, ssl.SSLSocket)):
                    raise self._failed(step[0], "a password is not sent over an open line; use tls or starttls")
                try:
                    line.login(self.smtp.user, self._password)
                except smtplib.SMTPAuthenticationError as error:
                    raise _RefusalError(step[0], error.smtp_code, _as_bytes(error.smtp_error)) from None
                except smtplib.SMTPNotSupportedError:
                    raise self._failed(step[0], "it offers no way to log in") from None
                except UnicodeError:  # the standard library sends ASCII, and its text would show the password
                    raise self._failed(step[0], "its user or password holds letters beyond ASCII; choose a password without") from None
            until.pop_all()
        return line

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """Return what tells whom to trust: those that this machine does, and those that browsers do; to read them in takes a fifth of a second."""
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        return context

    def send(self, sender: str, address: str, message: bytes) -> Outcome:
        """Send a message, once more over a new connection where the old one was gone before the message was. PublishError where there is no new one."""
        if self._sent >= A_CONNECTION:
            self.close()
        fresh = self._line is None
        self.open()
        outcome = self._post(sender, address, message)
        if outcome is None and not fresh:  # servers hang up on who was silent for long
            self.open()
            outcome = self._post(sender, address, message)
        self._sent += 1
        return outcome or Outcome(LATER, "the server hung up")

    def _post(self, sender: str, address: str, message: bytes) -> Outcome | None:
        """Return what became of a message; None where the connection was gone before the end of it was sent."""
        line = self._line
        if line is None:
            return None
        try:
            _expect(250, "MAIL", line.mail(sender))
            _expect(250, "RCPT", line.rcpt(address))
            _expect(354, "DATA", line.docmd("DATA"))
        except _RefusalError as refusal:
            return self._refused(refusal)
        except (OSError, smtplib.SMTPException):
            self._drop()
            return None
        try:
            line.send(_stuffed(message))
            code, text = line.getreply()
            if not 200 <= code < 300:  # the first digit decides. Source: RFC 5321, 4.2.1
                raise _RefusalError(_MESSAGE, code, text)
        except _RefusalError as refusal:
            if not 400 <= refusal.code < 600:
                self._drop()
                return Outcome(LOST, "the server's answer to the message cannot be read")
            return self._refused(refusal)
        except (OSError, smtplib.SMTPException):
            self._drop()
            return Outcome(LOST, "the connection was lost before the server answered to the message")
        return Outcome(TAKEN, "")

    def _refused(self, refusal: _RefusalError) -> Outcome:
        if refusal.code == 421 or refusal.code < 0:  # it is closing the connection
            self._drop()
        else:
            self._reset()
        answer = self._without_secret(f"{refusal.step}: {refusal.said}")
        if refusal.step == "RCPT" and _is_no_mailbox(refusal.said):
            return Outcome(REFUSED, answer)
        return Outcome(DENIED if refusal.step == _MESSAGE and refusal.code >= 500 else LATER, answer)

    def _reset(self) -> None:
        try:
            if self._line and self._line.docmd("RSET")[0] != 250:
                self._drop()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._line:
            self._line.close()
            self._line = None

    def close(self) -> None:
        """Take leave; that the server does not answer to that is no matter, for it has every message that it said it has."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if self._line:
                self._line.docmd("QUIT")
        self._drop()

    def _without_secret(self, said: str) -> str:
        """Return what a server said, without what it may have repeated of the login."""
        for secret in _spellings(self.smtp.user, self._password) if self._password else ():
            said = said.replace(secret, "…")
        return printable(said)[:_SHOWN]  # cut last: of a secret across the cut the beginning would be shown


def _spellings(user: str, password: str) -> Iterator[str]:
    """Yield a password as a login sends it, by whatever way, the longest first."""
    yield base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    yield base64.b64encode(password.encode()).decode()
    yield password


def _expect(code: int, step: str, answer: tuple[int, bytes]) -> None:
    if answer[0] != code and not (code == 250 and answer[0] == 251):
        raise _RefusalError(step, *answer)


def _as_bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "replace")


_SHOWN = 300
_NOBODY = re.compile(r"no such|unknown|n[o']t exist|not found|(invalid|bad) (recipient|mailbox|user|address)|(no|not a) (valid )?mailbox", re.I)
_OTHERWISE = re.compile(r"quota|exceed|limit|full|spam|block|policy|rate|relay|denied|later|domain", re.I)


def _is_no_mailbox(said: str) -> bool:
    """Tell whether a refused recipient is one for good: by the code that says so, or else by words that can mean nothing else.

    Many servers say 5 without more for a quota, a block or a fault of ours, and nobody is struck off for these. Source: RFC 3463.
    """
    if not said.startswith("5"):
        return False
    if detail := re.match(r"5\d\d[ -]5\.(\d+)\.(\d+)", said):
        return (detail[1], detail[2]) in {("1", "1"), ("1", "2"), ("1", "3"), ("1", "6"), ("1", "10"), ("2", "1")}
    return bool(_NOBODY.search(said)) and not _OTHERWISE.search(said)


def _stuffed(message: bytes) -> bytes:
    """Return a message, of lines that end as they should, as it goes over the line, up to the period that ends it."""
    return message.replace(b"\r\n.", b"\r\n..") + b".\r\n"
