"""Pools of one connection a host, through a proxy or not, that stay within reach and can be cut from outside."""

from __future__ import annotations

import contextlib
import socket
from typing import Any
from urllib.parse import unquote, urlsplit

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from roundup.sources.reach import Reach


def pool_manager(proxy: str, sockets: list[socket.socket], reach: Reach | None) -> urllib3.PoolManager:
    """Return pools that go through a proxy, where one is named, and keep the sockets that are open in ``sockets``."""
    kept: dict[str, Any] = {"num_pools": 4, "maxsize": 1, "block": True, "cert_reqs": "CERT_REQUIRED", "ca_certs": certifi.where()}
    pools = urllib3.ProxyManager(proxy, proxy_headers=_credentials(proxy), **kept) if proxy else urllib3.PoolManager(**kept)
    pools.pool_classes_by_scheme = {
        "http": _pool_class(HTTPConnectionPool, HTTPConnection, sockets, reach),
        "https": _pool_class(HTTPSConnectionPool, HTTPSConnection, sockets, reach),
    }
    return pools


def _pool_class(pool: type[Any], connection: type[Any], sockets: list[socket.socket], reach: Reach | None) -> type[Any]:
    """Return a class of pools whose connections stay within ``reach``, and leave their newest socket in ``sockets``, where a time limit can reach it."""

    class Seen(connection):  # type: ignore[misc]
        _dns_host: str  # urllib3's own: what it looks up, beside the host that a certificate has to name

        def _new_conn(self) -> socket.socket:
            one: socket.socket = self._within(reach) if reach else super()._new_conn()
            self.spare = one.dup()  # TLS takes the socket itself away
            sockets.append(self.spare)
            return one

        def _within(self, reach: Reach) -> socket.socket:
            """Connect to the first address of the host that answers; what was judged is what is connected to."""
            name = self._dns_host
            try:
                *others, last = reach.addresses(name, self.port)
                for self._dns_host in others:
                    with contextlib.suppress(urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError):
                        return super()._new_conn()  # type: ignore[no-any-return]
                self._dns_host = last
                return super()._new_conn()  # type: ignore[no-any-return]
            except socket.gaierror as error:
                raise urllib3.exceptions.NameResolutionError(name, self, error) from error
            finally:
                self._dns_host = name

        def connect(self) -> None:
            try:
                super().connect()
            finally:
                if spare := self.__dict__.pop("spare", None):
                    spare.close()
                sockets[:] = [other for other in sockets if other.fileno() >= 0] + ([self.sock] if self.sock else [])

    class Pool(pool):  # type: ignore[misc]
        ConnectionCls = Seen

    return Pool


def _credentials(proxy: str) -> dict[str, str]:
    """Return the header that tells a proxy who is asking, where its address says so."""
    given = urlsplit(proxy)
    if given.username is None:
        return {}
    return dict(urllib3.util.make_headers(proxy_basic_auth=f"{unquote(given.username)}:{unquote(given.password or '')}"))
