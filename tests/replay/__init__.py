"""A replay server for tests: arXiv's interfaces on loopback, over papers that a test gives, with every fault on demand.

It imports nothing of the program it tests, so that it can be the program's oracle::

    with ReplayServer(invented()) as server:
        server.fault("503", path="/api/query", at=(0,), retry_after=4)
        ...  # run the program with server.environment
        assert min(server.gaps()) >= 3
        assert not server.overlaps()
"""

from __future__ import annotations

from .faults import KINDS
from .invented import DAYS, FRIDAY, invented
from .log import Request
from .papers import ReplayPaper, corpus, revised, withdrawn
from .server import ReplayServer

__all__ = ["DAYS", "FRIDAY", "KINDS", "ReplayPaper", "ReplayServer", "Request", "corpus", "invented", "revised", "withdrawn"]
