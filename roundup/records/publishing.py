"""The ``publish`` of roundup.yaml -> where the site goes. What an address may look like is said here, so that none is taken for an option or a command."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from roundup.config import Destination, ToBranch, ToBucket, ToFolder, ToRsync
from roundup.nodes import Mapping, Scalar
from roundup.records.fields import Fields

KEYS = {"github-pages": ("remote", "branch"), "folder": ("path",), "rsync": ("path",), "s3": ("bucket", "prefix", "region", "endpoint")}
_ALL = tuple(dict.fromkeys(("to", *(key for keys in KEYS.values() for key in keys))))

# A name of a remote; ann@host:path; an address; a path. Nothing that begins with "-", nothing with "::", by which git runs other programs.
_USER = r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
_PLACE = r"[A-Za-z0-9_./~+@%,=-]*"
_PATH = rf"(?:/|\.\.?/){_PLACE}"
_BY_SSH = rf"{_USER}{_HOST}:(?!//)[A-Za-z0-9_./~]{_PLACE}"
_URL = rf"://{_USER}{_HOST}(?::[0-9]+)?/{_PLACE}"
_REMOTE = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.-]*|{_BY_SSH}|(?:https?|ssh|git){_URL}|{_PATH}", re.ASCII)
_BRANCH = re.compile(r"(?!.*(?:\.\.|//|/\.|\.lock(?:/|$)|[/.]$))[A-Za-z0-9_][A-Za-z0-9_./+-]*", re.ASCII)
_RSYNC = re.compile(rf"{_BY_SSH}|{_USER}{_HOST}::[A-Za-z0-9_.]{_PLACE}|rsync{_URL}|{_PATH}", re.ASCII)
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]", re.ASCII)
_PREFIX = re.compile(r"(?!.*//)[A-Za-z0-9_.+@=-][A-Za-z0-9_./+@=-]*", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", re.ASCII)
_REGION = re.compile(r"[a-z0-9-]+", re.ASCII)

_ENDPOINT = re.compile(rf"https?://{_HOST}(?::[0-9]+)?/?", re.ASCII)
_SECRET = re.compile(r"//[^/@]*:[^/@]*@")  # which no message may show
_PERHAPS = re.compile(r"https?://[^/]*@", re.IGNORECASE)  # GitHub and others take a token in place of a name
_NO_REMOTE = "no git remote; write the name of one, as origin, or an address, as https://example.org/digest.git"


def destinations(fields: Fields) -> Iterator[tuple[str, Destination]]:
    """Yield where the site goes, by name; one destination alone is called by its kind."""
    node = fields.mapping.values.get("publish")
    if not isinstance(node, Mapping) or any(isinstance(value, Scalar) for value in node.values.values()):
        yield from _destination(fields, "publish")
        return
    inner = Fields(node, fields.path, fields.problems, tuple(node.values))
    for name in node.values:
        if _NAME.fullmatch(name):
            yield from _destination(inner, name, name)
        else:
            inner.note(inner.where(name).line, f'"{name}" is no name for --to; write it in letters, digits and hyphens')


def _destination(fields: Fields, key: str, name: str = "") -> Iterator[tuple[str, Destination]]:
    node = fields.mapping.values.get(key)
    to = node.values.get("to") if isinstance(node, Mapping) else None
    kind = to.text if isinstance(to, Scalar) and to.text in KEYS else ""
    inner = fields.fields(key, ("to", *KEYS[kind]) if kind else _ALL)
    if inner and inner.need("to") and inner.choice("to", tuple(KEYS), "") and (found := _MAKE[kind](inner)):
        yield name or kind, found


def _branch(fields: Fields) -> Destination | None:
    default = ToBranch()
    remote = _fitting(fields, "remote", _REMOTE, _NO_REMOTE, default.remote)
    branch = _fitting(fields, "branch", _BRANCH, "no branch of git's; write it as gh-pages", default.branch)
    return ToBranch(remote, branch) if remote and branch else None


def _folder(fields: Fields) -> Destination | None:
    path = fields.text("path") if fields.need("path") else ""
    if path.startswith("~"):
        fields.note(fields.where("path").line, f'path "{path}" begins with "~"; write it from / on, or from the digest on, as ../www')
        return None
    return ToFolder(path) if path else None


def _rsync(fields: Fields) -> Destination | None:
    otherwise = "nothing that rsync is given here; write ann@example.org:www, rsync://example.org/module, or a path from / or ./ on"
    path = _fitting(fields, "path", _RSYNC, otherwise) if fields.need("path") else ""
    return ToRsync(path) if path else None


def _bucket(fields: Fields) -> Destination | None:
    bucket = _fitting(fields, "bucket", _BUCKET, "no name of a bucket; write it without s3://, as my-digest") if fields.need("bucket") else ""
    prefix = _fitting(fields, "prefix", _PREFIX, "no prefix; write it in letters, digits and single slashes, as blog/digest", "")
    region = _fitting(fields, "region", _REGION, "no region; write it as eu-central-1", "")
    endpoint = _fitting(fields, "endpoint", _ENDPOINT, "no address of a service; write it as https://s3.example.org")
    return ToBucket(bucket, f"{prefix.strip('/')}/" if prefix else "", region, endpoint) if bucket else None


_MAKE: dict[str, Callable[[Fields], Destination | None]] = {"github-pages": _branch, "folder": _folder, "rsync": _rsync, "s3": _bucket}


def _fitting(fields: Fields, key: str, pattern: re.Pattern[str], otherwise: str, default: str = "") -> str:
    """Return a value that is as it may be; nothing, with the fault noted, where it is not."""
    text = fields.text(key)
    if _SECRET.search(text):
        fields.note(fields.where(key).line, f"{key} holds a password; take it out, for roundup.yaml is no place for secrets, and change it where it was read")
        return ""
    if _PERHAPS.search(text):
        fields.note(fields.where(key).line, f"{key} holds a user name, which may be a token; take it out, for roundup.yaml is no place for secrets")
        return ""
    if not text or pattern.fullmatch(text):
        return text or default
    fields.note(fields.where(key).line, f'{key} "{text}" is {otherwise}')
    return ""
