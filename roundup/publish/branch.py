"""The site as a commit on a branch of a git remote, as GitHub Pages shows it. No checkout: the files go from the site into the commit.

A push of one branch is taken or refused as a whole, so what is shown is the old site or the new one. Nothing is ever forced: where somebody
else has pushed meanwhile, the commit is made anew on top of theirs. Files that are not ours (CNAME, say) stay.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from roundup.config import ToBranch
from roundup.manifest import MANIFEST
from roundup.publish import unpublished
from roundup.publish.built import BuiltSite
from roundup.publish.change import Change, There, dump_ours, parse_ours
from roundup.publish.git import Git
from roundup.publish.target import MovedError, Tell

STORE = ".roundup/cache/publish.git"
_NOJEKYLL = ".nojekyll"  # or GitHub would leave out what begins with an underscore, and run Jekyll over the rest
_OF_A_DIGEST = re.compile(r"(^|/)(roundup\.yaml|issues/[^/]+/issue\.yaml)$")
_MADE = "refs/roundup/made"


class BranchTarget:
    """A branch of a remote. ``moment`` is the time of the commit, in seconds."""

    is_shared = True

    def __init__(self, to: ToBranch, root: Path, environment: Mapping[str, str], moment: int) -> None:
        self.branch, self.root, self.moment = to.branch, root, moment
        self.name = f"{to.branch} of {to.remote}"
        self.git = Git(root / STORE, root, environment, self.name)
        whole = self._address(to.remote)
        address, user, password = _without_login(whole)
        self.remote = f"r{blake2b(address.encode(), digest_size=6).hexdigest()}"
        self.ref = f"refs/roundup/{self.remote}/{to.branch}"  # what the branch was when we saw it last
        self.git.set([(f"remote.{self.remote}.url", address)])
        if user or password:
            login = f"{user}:{password or self.git.password(whole)}"
            self.git.set([(f"http.{address}.extraHeader", f"Authorization: Basic {b64encode(login.encode()).decode()}")])
        self.seen = ""  # the commit that was looked at

    def paths(self) -> frozenset[str]:
        self.git.begin()
        known = self.git.ask("rev-parse", "--verify", "--quiet", self.ref).text
        self.seen = self.git.run("ls-remote", "--", self.remote, f"refs/heads/{self.branch}").text.partition("\t")[0]
        if not self.seen:
            return frozenset()
        if self.git.ask("cat-file", "-e", f"{self.seen}^{{tree}}").code:
            # trees alone, where the server can: of the files none but the manifest is read
            self.git.run("fetch", "--quiet", "--no-tags", "--depth=1", "--filter=blob:none", "--", self.remote, f"+refs/heads/{self.branch}:{self.ref}")
            self.seen = self.git.run("rev-parse", "--verify", self.ref).text
        found = frozenset(self.git.run("ls-tree", "-r", "-z", "--full-tree", "--name-only", self.seen).names)
        if sources := [path for path in found if _OF_A_DIGEST.search(path)]:
            self._refuse_sources(sources, found)
        return found - (self._touched(known) if MANIFEST in found else frozenset())

    def _refuse_sources(self, sources: Sequence[str], found: Collection[str]) -> None:
        """PublishError where a digest stands on the branch, wherever in it: the site would come among its files. A site may hold such files as assets."""
        ours = dict[str, tuple[str, ...]]()
        with suppress(ValueError):  # which is told when it is looked at
            ours = parse_ours(self.read(MANIFEST)) if MANIFEST in found else {}
        if not ours.keys() >= set(sources):
            raise unpublished(self.name, "a digest stands on that branch", "nothing was changed there; name another branch in roundup.yaml")

    def _touched(self, known: str) -> frozenset[str]:
        """Return which files of ours somebody has changed by hand since we saw the branch: they are put there anew."""
        if known in ("", self.seen):
            return frozenset()
        touched = frozenset(self.git.ask("diff-tree", "-r", "-z", "--name-only", "--diff-filter=MT", known, self.seen).names)
        if not touched or MANIFEST in touched:  # or it was no hand, but a publishing from elsewhere
            return frozenset()
        with suppress(ValueError):  # which is told when it is looked at
            return touched & parse_ours(self.read(MANIFEST)).keys()
        return frozenset()

    def read(self, path: str) -> bytes:
        return self.git.run("cat-file", "blob", f"{self.seen}:{path}").out

    def apply(self, site: BuiltSite, there: There, change: Change, tell: Tell) -> None:
        if not change:
            return
        author = self._author()
        words = f"Publish the site: {len(change.added):,} added, {len(change.changed):,} changed, {len(change.removed):,} removed\n"
        with self.git.importing() as stream:
            stream.write(f"commit {_MADE}\nauthor {author} {self.moment} +0000\ncommitter {author} {self.moment} +0000\n".encode())
            stream.write(f"data {len(words)}\n{words}\n".encode())
            if self.seen:
                stream.write(f"from {self.seen}\n".encode())
            for path in change.removed:
                stream.write(b"D %b\n" % _quoted(path))
            for done, path in enumerate((*change.added, *change.changed), 1):
                _write_file(stream, path, site.read(path))
                tell(done)
            if _NOJEKYLL not in there.paths:
                _write_file(stream, _NOJEKYLL, b"")
            _write_file(stream, MANIFEST, dump_ours(site.hashes))
            stream.write(b"done\n")
        self._push()

    def _push(self) -> None:
        made = self.git.run("rev-parse", "--verify", _MADE).text
        said = self.git.ask("push", "--porcelain", "--no-verify", "--", self.remote, f"{made}:refs/heads/{self.branch}")
        if said.code and (b"[rejected]" in said.out or b"failed to update ref" in said.out or b"cannot lock ref" in said.out):
            raise MovedError
        if said.code:
            raise self.git.failed(said)
        self.git.run("update-ref", self.ref, made)
        self.git.ask("gc", "--auto", "--quiet")  # or packs pile up; that it fails is no matter

    def _author(self) -> str:
        """Return who commits, as git knows them."""
        said = self.git.ask("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT", at_home=True).text
        return said[: said.rindex(">") + 1] if ">" in said else "roundup <roundup@localhost>"

    def _address(self, remote: str) -> str:
        """Return where a remote stands: a name of one is looked up in the digest's own repository, a path counts from the digest on."""
        if remote.startswith((".", "/")):
            return str((self.root / remote).resolve())
        if ":" in remote:
            return remote
        for key in (f"remote.{remote}.pushurl", f"remote.{remote}.url"):
            if found := self.git.ask("config", "--includes", "--get", key, at_home=True).text:
                return found if ":" in found else str((self._top() / found).resolve())  # as git takes it
        what = f'the digest\'s repository has no remote "{remote}"'
        raise unpublished(self.name, what, f"nothing was changed; add it with: git remote add {remote} ADDRESS, or write its address into roundup.yaml")

    def _top(self) -> Path:
        """Return the top of the repository in which the digest stands."""
        return self.root / self.git.ask("rev-parse", "--show-toplevel", at_home=True).text


def _without_login(address: str) -> tuple[str, str, str]:
    """Return an address without name and password, and these: by its arguments everybody on the machine can see what a program is asked.

    A name alone goes, too: GitHub takes a token in place of one.
    """
    parts = urlsplit(address) if address.lower().startswith(("https://", "http://")) else None
    if not parts or "@" not in parts.netloc:
        return address, "", ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(), unquote(parts.username or ""), unquote(parts.password or "")


def _write_file(stream: IO[bytes], path: str, data: bytes) -> None:
    stream.write(b"M 100644 inline %b\ndata %d\n" % (_quoted(path), len(data)))
    stream.write(data)
    stream.write(b"\n")


def _quoted(path: str) -> bytes:
    """Return a path as fast-import reads it, whatever is in it."""
    data = path.encode("utf-8", "surrogateescape")
    return b'"%b"' % data.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
