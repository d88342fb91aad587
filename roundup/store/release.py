"""Which program draws: a hash that changes when any part of it does, our own or a library's. What was kept by another is drawn anew."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from functools import cache
from hashlib import blake2b
from pathlib import Path

from roundup import __version__

# What has a say in the bytes of a page.
_LIBRARIES = re.compile(
    r"(css_inline|jinja2|markdown_it_py|markupsafe|math_core|mdit_py_plugins|mdurl|msgspec|nh3|pagefind|pillow|pygments|pyyaml)-.*\.dist-info", re.I
)


@cache
def release() -> str:
    """Return the hash: of our version and files as they lie here, of Python's version and Unicode's, of the libraries' releases."""
    parts = [__version__, sys.version, unicodedata.unidata_version]
    for folder, _, names in sorted(os.walk(Path(__file__).parent.parent)):
        for name in sorted(names):
            if name.endswith(".py"):
                found = os.stat(f"{folder}/{name}")
                parts.append(f"{name} {found.st_size} {found.st_mtime_ns}")
    for folder in dict.fromkeys(sys.path):
        if folder.endswith("-packages") and os.path.isdir(folder):
            parts += sorted(name for name in os.listdir(folder) if _LIBRARIES.fullmatch(name))
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
