"""Places to publish to, each the real thing on this machine: a folder, a bare repository, a folder behind rsync's daemon, a bucket of moto's S3 server."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest

WHO = {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.org", "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.org"}
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


class Place(Protocol):
    """Somewhere a site can be published to, looked at and changed behind roundup's back."""

    config: str  # what stands under ``publish`` in roundup.yaml
    name: str  # as roundup calls it
    environment: Mapping[str, str]

    def files(self) -> dict[str, bytes]: ...
    def put(self, path: str, data: bytes) -> None: ...
    def remove(self, path: str) -> None: ...


class Folder:
    environment: Mapping[str, str] = {}

    def __init__(self, folder: Path, config: str = "", name: str = "") -> None:
        self.folder = folder
        self.config, self.name = config or f"{{to: folder, path: {folder}}}", name or str(folder)

    def files(self) -> dict[str, bytes]:
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in sorted(self.folder.rglob("*")) if not path.is_dir()}

    def put(self, path: str, data: bytes) -> None:
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_bytes(data)

    def remove(self, path: str) -> None:
        (self.folder / path).unlink()


class Branch:
    environment: Mapping[str, str] = WHO

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not folder.exists():
            self.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder), at=folder.parent)
        self.config, self.name = f"{{to: github-pages, remote: {folder}}}", f"gh-pages of {folder}"

    def git(self, *arguments: str, at: Path | None = None, said: bytes = b"") -> bytes:
        environment = {**{key: value for key, value in os.environ.items() if not key.startswith("GIT_")}, **WHO}
        return subprocess.run(["git", *arguments], cwd=at or self.folder, input=said, capture_output=True, check=True, env=environment).stdout

    def files(self) -> dict[str, bytes]:
        commit = self.git("for-each-ref", "--format=%(objectname)", "refs/heads/gh-pages").decode().strip()  # it may move meanwhile
        if not commit:
            return {}
        names = self.git("ls-tree", "-r", "-z", "--name-only", commit).decode().split("\0")[:-1]
        asked = "".join(f"{commit}:{name}\n" for name in names).encode()
        data, found = self.git("cat-file", "--batch", said=asked), {}
        for name in names:
            head, _, data = data.partition(b"\n")
            size = int(head.split()[2])
            found[name], data = data[:size], data[size + 1 :]
        return {name: content for name, content in found.items() if name != ".nojekyll"}

    def put(self, path: str, data: bytes) -> None:
        self._commit(b'M 100644 inline "%b"\ndata %d\n%b\n' % (path.encode(), len(data), data))

    def remove(self, path: str) -> None:
        self._commit(b'D "%b"\n' % path.encode())

    def _commit(self, change: bytes) -> None:
        base = b"from refs/heads/gh-pages^0\n" if self.git("for-each-ref", "refs/heads/gh-pages") else b""
        self.git("fast-import", "--quiet", said=b"commit refs/heads/gh-pages\ncommitter Bo <bo@example.org> 1700000000 +0000\ndata 4\nhand\n" + base + change)


class Bucket:
    environment: Mapping[str, str] = KEYS

    def __init__(self, url: str, bucket: str, prefix: str = "blog/digest/") -> None:
        import boto3

        self.client: Any = boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")
        self.client.create_bucket(Bucket=bucket)
        self.bucket, self.prefix = bucket, prefix
        self.config = f"{{to: s3, bucket: {bucket}, prefix: {prefix}, endpoint: {url}}}"
        self.name = f"s3://{bucket}/{prefix}"

    def files(self) -> dict[str, bytes]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return {key.removeprefix(self.prefix): self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}

    def put(self, path: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=self.prefix + path, Body=data)

    def remove(self, path: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self.prefix + path)


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def _serving(command: list[str], port: int, log: Path) -> Iterator[None]:
    """Run a server until its port is open, and end it afterwards."""
    with log.open("wb") as out, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT) as process:
        try:
            for _ in range(600):
                with closing(socket.socket()) as one:
                    if one.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def need_rsync() -> str:
    """Return where rsync is; skip where there is none, or only the old one that macOS has."""
    path = shutil.which("rsync")
    if not path or not re.match(rb"rsync +version 3\.[1-9]", subprocess.run([path, "--version"], capture_output=True, check=True).stdout):
        pytest.skip("there is no rsync 3.1 or newer on this machine")
    return path


@contextmanager
def rsync_daemon(folder: Path) -> Iterator[str]:
    """Serve what lies in a folder; yield the address of it."""
    need_rsync()
    (folder / "served").mkdir(parents=True)
    port, as_root = free_port(), "uid = 0\ngid = 0\n" if os.geteuid() == 0 else ""
    (folder / "rsyncd.conf").write_text(f"use chroot = no\n{as_root}[digest]\npath = {folder}/served\nread only = no\n")
    command = ["rsync", "--daemon", "--no-detach", "--address=127.0.0.1", f"--port={port}", f"--config={folder}/rsyncd.conf"]
    with _serving(command, port, folder / "log"):
        yield f"rsync://127.0.0.1:{port}/digest"


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Serve S3; yield the address of it."""
    pytest.importorskip("boto3", reason="boto3 is not installed")
    pytest.importorskip("moto", reason="moto is not installed")
    port = free_port()
    with _serving([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port, folder / "log"):
        yield f"http://127.0.0.1:{port}"
