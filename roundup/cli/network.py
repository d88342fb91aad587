"""What a command that asks the network needs: where each service stands, how fast it may be asked, a line to it."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from roundup import __version__
from roundup.cli.door import Session, now
from roundup.cli.wanted import users_cache
from roundup.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from roundup.config import Config
    from roundup.sources.gather import Gathering

_LONGEST_DELAY_S = 100


def services(config: Config) -> dict[str, str]:
    """Return where each service stands: by the environment, else by roundup.yaml, else where it stands for all."""
    from urllib.parse import urlsplit

    from roundup.config import SERVICES
    from roundup.text.links import is_web

    found = {}
    for name, usual in SERVICES.items():
        given = os.environ.get(f"ROUNDUP_{name.upper()}") or dict(config.mirrors).get(name) or usual
        parts = urlsplit(given)
        if not is_web(given):
            raise RefusedError(f'ROUNDUP_{name.upper()} "{given}" is no web address; write it from https:// on')
        found[name] = (given if parts.path.strip("/") else given.rstrip("/") + urlsplit(usual).path).rstrip("/")
    return found


def pace_of(delay: float | None, config: Config) -> float:
    """Return the seconds between requests: at least what arXiv asks for, but toward this machine itself."""

    from roundup.sources.pace import DELAY_S

    if delay is None:
        return DELAY_S
    arxiv = [url for name, url in services(config).items() if name.startswith("arxiv")]
    if not math.isfinite(delay) or delay < 0 or delay > _LONGEST_DELAY_S:
        raise RefusedError(f"--delay {delay:g} is no number of seconds from 0 to {_LONGEST_DELAY_S}")
    if delay < DELAY_S and not all(_is_loopback(url) for url in arxiv):
        raise RefusedError(f"--delay {delay:g} is below the {DELAY_S:g} s that arXiv's terms ask for; raise it or leave it out")
    return delay


def _is_loopback(url: str) -> bool:
    """Tell whether an address is this machine's own."""
    from urllib.parse import urlsplit

    from roundup.sources.reach import is_loopback

    return is_loopback(urlsplit(url).hostname or "")


def proxy_for(url: str) -> str:
    """Return the proxy that the environment names for an address, or nothing."""
    from requests.utils import get_environ_proxies, select_proxy

    return "" if _is_loopback(url) else select_proxy(url, get_environ_proxies(url)) or ""


@contextmanager
def gathering_of(session: Session, root: Path, config: Config, pace_s: float, before: Callable[[], None]) -> Iterator[tuple[Gathering, Callable[[], int]]]:
    """Open what fetching needs, and close it: the line, its pace, the cache, each source at its address."""
    from roundup.sources.announcements import Announcements
    from roundup.sources.cache import Cache
    from roundup.sources.counts import Lists
    from roundup.sources.feeds import Feeds
    from roundup.sources.gather import Gathering, Sources
    from roundup.sources.htmlpages import HtmlPages
    from roundup.sources.http import Http
    from roundup.sources.huggingface import HuggingFace
    from roundup.sources.oai import OaiPmh
    from roundup.sources.pace import Pace
    from roundup.sources.query import QueryApi
    from roundup.sources.reach import Reach

    moment, at = now(), services(config)
    stamps = _stamps(root)
    pace, elsewhere = Pace(stamps / "arxiv.pace", pace_s), Pace(stamps / "others.pace", min(pace_s, 1.0))
    contact = config.contact.encode("ascii", "ignore").decode()

    http = Http(f"roundup/{__version__}" + (f" ({contact})" if contact else ""), now=now, proxy=proxy_for, reach=Reach.of(at.values()))

    def remark(text: str) -> None:
        before()
        session.remark(text)

    http.tell = remark
    if not contact:
        session.remark("arXiv asks who is asking: add contact: you@example.org to roundup.yaml")
    cache = Cache(root / ".roundup/cache/fetched.sqlite", moment)
    sources = Sources(
        cache,
        QueryApi(at["arxiv_api"], http, pace, cache, moment.date()),
        OaiPmh(at["arxiv_oai"], http, pace, cache, moment.date()),
        Announcements(at["arxiv_feed"], http, pace, cache, moment.date()),
        HuggingFace(at["hf_api"], http, elsewhere, cache),
        Feeds(http, elsewhere, cache),
        HtmlPages(at["arxiv_web"], http, pace, cache),
        Lists(at["arxiv_web"], http, pace, cache),
    )
    categories = [name for source in config.sources if source.kind == "arxiv" for name in source.what]
    try:
        yield Gathering(sources, remark, categories), lambda: http.asked
    finally:
        http.close()
        cache.close()


def _stamps(root: Path) -> Path:
    """Return the folder of the stamps that keep the pace: the user's own, for the pace is one for all of a user's digests."""
    from pathlib import Path

    from roundup.store.writing import make_folder

    cache = users_cache()
    folder = Path(cache) if cache else root / ".roundup/cache"
    try:
        make_folder(folder)
    except OSError:
        return root / ".roundup/cache"
    return folder if os.access(folder, os.W_OK) else root / ".roundup/cache"
