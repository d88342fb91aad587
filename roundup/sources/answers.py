"""What a server said, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Answer(Struct, frozen=True):
    """What a server said: the address that answered in the end, its status, headers by small name, the body unpacked."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class AnswerError(Exception):
    """An answer that cannot be taken. ``tries`` is how often it is worth asking in all; 1 is never again.

    ``wait_s`` is what the server asked for before the next try, ``mend`` what the one who asked can do.
    """

    def __init__(self, what: str, tries: int = 4, wait_s: float = 0.0, mend: str = "try again later") -> None:
        super().__init__(what)
        self.tries, self.wait_s, self.mend = tries, wait_s, mend


REFUSED = "mend the question"  # what was asked is wrong; asking again brings the same answer
