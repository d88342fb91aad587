"""Which addresses of the network may be asked: public ones, and on this machine itself only what the editors have named.

A feed or a redirect could name the router, a neighbour's printer or a cloud's metadata, and so could a host's own name server, in
between two look-ups. So a name is looked up once, and connected to is one of the addresses that were judged.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from roundup.sources.answers import AnswerError

_GIVEN_OUT = IPv6Network("2000::/3")  # all that IANA has given out for hosts. Source: https://www.iana.org/assignments/ipv6-address-space
_TRANSLATED = IPv6Network("64:ff9b::/96")  # an IPv4 address, as networks with IPv6 alone reach it (RFC 6052)
_INSIDE = IPv6Network("2002::/16"), IPv6Network("3fff::/20")  # 6to4, which wraps any IPv4 address (RFC 7526); documentation (RFC 9637)
_AFAR = IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24")  # protocols' own (RFC 6890); relays of 6to4


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public internet: not of a network of its own, a machine, a group, a trial or a translator."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        wrapped = ip.ipv4_mapped or (IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _TRANSLATED else None)
        if wrapped is None:
            return ip in _GIVEN_OUT and ip.is_global and not any(ip in one for one in _INSIDE) and ip.scope_id is None
        ip = wrapped
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or any(ip in one for one in _AFAR))


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine's own by its name or address, and not merely begins like it."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


Lookup = Callable[[str, int, int, int], Iterable[tuple[Any, ...]]]


class Reach(Struct, frozen=True):
    """Who may be asked. ``own`` are places on this machine, host and port, that the editors themselves have named; ``lookup`` is ``socket.getaddrinfo``."""

    own: frozenset[tuple[str, int]] = frozenset()
    lookup: Lookup | None = None

    @classmethod
    def of(cls, services: Iterable[str]) -> Reach:
        """Return a reach that takes in those of the editors' services that stand on this machine."""
        places = ((parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)) for parts in map(urlsplit, services))
        return cls(frozenset(place for place in places if is_loopback(place[0])))

    def addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, in the order in which to try them.

        AnswerError where one of them may not be asked: a host that has both kinds is up to something. OSError where it cannot be found.
        """
        found = [str(row[4][0]) for row in (self.lookup or socket.getaddrinfo)(host, port, socket.AF_UNSPEC, socket.SOCK_STREAM)]
        for address in found:
            if not (is_public(address) or (is_loopback(address) and (host, port) in self.own)):
                raise _refusal(address)
        return found

    def refuse_literal(self, host: str) -> None:
        """Refuse an address that may not be asked, where the host is none but a number: a proxy would ask it for us."""
        bare = host.strip("[]").partition("%")[0]
        try:
            address = str(ip_address(bare))
        except ValueError:
            try:
                address = socket.inet_ntoa(socket.inet_aton(bare))  # 127.1, 0x7f000001 and 2130706433 are spellings, too
            except OSError:
                return
        if not is_public(address):
            raise _refusal(address)


def _refusal(address: str) -> AnswerError:
    return AnswerError(f"leads to {address}, which is no public address", tries=1, mend="mend the address")
