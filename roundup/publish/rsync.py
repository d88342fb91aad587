"""The site as a folder that rsync reaches: by ssh, at a daemon, or on a mounted disk."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from roundup.manifest import MANIFEST
from roundup.publish import unpublished
from roundup.publish.built import BuiltSite
from roundup.publish.change import Change, There
from roundup.publish.ordered import apply_in_order
from roundup.publish.target import Tell
from roundup.store.writing import draft, make_folder, passing_folder

_LEFT = "what is there is whole, and no link leads to what is missing; mend that, and run the same command again to go on"
_UNTOUCHED = "nothing was changed there; mend that, and publish again"
_PARTIAL = 23  # some files could not be had: the folder is not there, say


class RsyncTarget:
    """A folder behind rsync. Its arguments are fixed, the paths of files stand in a file, and no shell has a look at either."""

    is_shared = False

    def __init__(self, path: str, root: Path, environment: Mapping[str, str]) -> None:
        self.name, self.root = path, root
        self.there = path.rstrip("/") + "/"
        self.environment = {**environment, "LC_ALL": "C"}

    def paths(self) -> frozenset[str]:
        with passing_folder() as nothing:
            done = self._ask(["--recursive", "--links", "--specials", "--devices", "--dry-run", "--8-bit-output", "--out-format=%n"], self.there, f"{nothing}/")
        if done.returncode == _PARTIAL and b"No such file or directory" in done.stderr:
            return frozenset()
        self._check(done.returncode, done.stderr.decode("utf-8", "replace").splitlines(), _UNTOUCHED)
        return frozenset(line for line in done.stdout.decode("utf-8", "surrogateescape").split("\n") if line and not line.endswith("/"))

    def read(self, path: str) -> bytes:
        with passing_folder() as folder:
            done = self._ask([], self.there + path, f"{folder}/")
            self._check(done.returncode, done.stderr.decode("utf-8", "replace").splitlines(), _UNTOUCHED)
            return (Path(folder) / path).read_bytes()

    def apply(self, site: BuiltSite, there: There, change: Change, tell: Tell) -> None:
        apply_in_order(self, site, there, change, tell)

    def put(self, site: BuiltSite, paths: Sequence[str], tell: Tell) -> None:
        for path in paths:
            site.read(path)  # or it was changed by hand
        self._send(["--times", "--ignore-times", "--delay-updates", "--compress"], f"{site.folder}/", paths, tell)

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files; the folders that these leave empty stay, and show nothing to anybody."""
        if not paths:
            return
        with passing_folder() as nothing:
            for folder in {path.rpartition("/")[0] for path in paths}:
                make_folder(Path(nothing, folder))  # a file is missing only where its folder is not
            self._send(["--delete-missing-args"], f"{nothing}/", paths)

    def write_manifest(self, data: bytes) -> None:
        with passing_folder() as folder:
            draft(folder, MANIFEST, data)
            self._send(["--times", "--ignore-times"], f"{folder}/", [MANIFEST])

    def _send(self, options: list[str], source: str, paths: Sequence[str], tell: Tell = lambda done: None) -> None:
        """Let rsync see to these files; it prints the name of each when it comes to it, and between them what goes wrong."""
        done, wanted, said = 0, frozenset(paths), []
        with passing_folder() as folder:
            draft(folder, "wanted", b"\0".join(path.encode("utf-8", "surrogateescape") for path in paths))
            argv = ["rsync", *options, "--8-bit-output", "--out-format=%n", "--from0", f"--files-from={folder}/wanted", "--", source, self.there]
            with subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.root, env=self.environment
            ) as process:
                for line in process.stdout or ():
                    text = line.decode("utf-8", "surrogateescape").rstrip("\n")
                    if text in wanted:
                        tell(done := done + 1)
                    elif not text.endswith("/"):  # a folder on the way to a file
                        said.append(text)
        self._check(process.returncode, said, _LEFT)

    def _ask(self, options: list[str], source: str, to: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                ["rsync", *options, "--", source, to], stdin=subprocess.DEVNULL, capture_output=True, cwd=self.root, env=self.environment, check=False
            )
        except FileNotFoundError:
            raise unpublished(self.name, "the program rsync is not installed", "nothing was changed there; install it, and publish again") from None

    def _check(self, code: int, said: Sequence[str], left: str) -> None:
        if code:
            told = [line.strip() for line in said if line.strip()][:3] or [f"rsync ended with {code}"]
            raise unpublished(self.name, " / ".join(told), left)
