"""Git, as a program: a repository of ours among what may be deleted, and none of the user's settings but those by which a remote is reached.

Arguments are fixed or come behind ``--``, no shell has a look at them, no hook runs, no question is asked on the terminal. Addresses and
logins go through the environment, for the arguments of a program can be seen by everybody on the machine.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from msgspec import Struct

from roundup.errors import PublishError
from roundup.publish import unpublished
from roundup.store.writing import make_folder, remove

_REACHING = ("http.", "credential.", "url.", "ssh.", "core.sshcommand", "core.gitproxy", "core.askpass")
_OF_A_REPOSITORY = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_NAMESPACE",
    "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_REPLACE_REF_BASE", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS",
)  # fmt: skip  # set where a hook, say, calls us
_TELLING = ("remote:", "fatal:", "error:", "ssh:")


class Said(Struct, frozen=True):
    """What git said: its exit code, and its two outputs."""

    code: int
    out: bytes = b""
    err: str = ""

    @property
    def text(self) -> str:
        return self.out.decode("utf-8", "surrogateescape").strip()

    @property
    def names(self) -> list[str]:
        """The names that it lists, each ended by a zero byte."""
        return self.out.decode("utf-8", "surrogateescape").split("\0")[:-1]


class Git:
    """Runs git on a bare repository, which is made when it is first needed, or in the digest; ``name`` tells people what it is all for."""

    def __init__(self, store: Path, root: Path, environment: Mapping[str, str], name: str) -> None:
        self.store, self.root, self.name = store, root, name
        self.environment = {key: value for key, value in environment.items() if key not in _OF_A_REPOSITORY}
        self.environment |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file"}
        self.set([("core.hooksPath", os.devnull), ("gc.autoDetach", "false"), ("maintenance.autoDetach", "false"), *self._reaching()])

    def set(self, settings: Iterable[tuple[str, str]]) -> None:
        """Let settings hold for all runs, behind those that the environment has."""
        given = self.environment.get("GIT_CONFIG_COUNT", "")
        number = int(given) if given.isdigit() else 0
        for key, value in settings:
            self.environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
            number += 1
        self.environment["GIT_CONFIG_COUNT"] = str(number)

    def begin(self) -> None:
        """Make our repository, where there is none that is whole. Nobody else may be writing there, as the digest's lock sees to."""
        for folder, _, names in os.walk(self.store):
            for name in names:
                if name.endswith(".lock"):  # of a git that was stopped; none would ever write there again
                    remove(f"{folder}/{name}")
        if not (self.store / "objects/info").exists():  # what is made last
            make_folder(self.store.parent)
            self.run("init", "--quiet", "--bare", "--template=")

    def run(self, *arguments: str) -> Said:
        """Return what git says. PublishError where it fails."""
        said = self.ask(*arguments)
        if said.code:
            raise self.failed(said)
        return said

    def ask(self, *arguments: str, at_home: bool = False, said: str = "", **more: str) -> Said:
        """Return what git says, whatever that is, to what is ``said``; of our repository, or of the digest's own, with ``more`` in its environment."""
        argv = ["git", *arguments] if at_home else ["git", f"--git-dir={self.store}", *arguments]
        try:
            done = subprocess.run(argv, input=said.encode(), capture_output=True, cwd=self.root, env=self.environment | more, check=False)
        except FileNotFoundError:
            raise unpublished(self.name, "the program git is not installed", "nothing was changed there; install it, and publish again") from None
        return Said(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace"))

    def password(self, address: str) -> str:
        """Return what a credential helper knows for the user that an address names; nothing where none does.

        No program asks anybody for it, for its arguments would name the user, and that may be a token.
        """
        said = self.ask("credential", "fill", at_home=True, said=f"url={address}\n\n", GIT_ASKPASS="")
        return "" if said.code else dict(row.partition("=")[::2] for row in said.text.splitlines()).get("password", "")

    @contextmanager
    def importing(self) -> Iterator[IO[bytes]]:
        """Hand out what git reads a commit from; the commit is made when all of it was read."""
        argv = ["git", f"--git-dir={self.store}", "fast-import", "--quiet", "--done", "--force", "--date-format=raw"]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.root, env=self.environment) as process:
            if not process.stdin or not process.stderr:
                raise ValueError("they were asked for")
            try:
                with suppress(BrokenPipeError):  # it has ended, and says why
                    yield process.stdin
                with suppress(BrokenPipeError):
                    process.stdin.close()
                err = process.stderr.read().decode("utf-8", "replace")
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise self.failed(Said(process.returncode, err=err))

    def failed(self, said: Said) -> PublishError:
        """Return what to tell where git did not do as asked."""
        lines = [line.strip().rstrip(".") for line in said.err.splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(_TELLING)] or lines or [f"git ended with {said.code}"]
        return unpublished(self.name, " / ".join(told[:4]), "nothing was changed there; mend that, and publish again")

    def _reaching(self) -> list[tuple[str, str]]:
        """Return what the digest's own repository says of how remotes are reached; GitHub's checkout action leaves its token there."""
        rows = (row.partition("\n") for row in self.ask("config", "--local", "--includes", "--list", "-z", at_home=True).names)
        return [(key, value) for key, _, value in rows if key.startswith(_REACHING)]
