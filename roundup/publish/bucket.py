"""The site as objects of an S3 bucket. Keys and secrets are looked for where boto3 looks: in the environment and in its own files."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any

from roundup.config import ToBucket
from roundup.manifest import MANIFEST
from roundup.publish import unpublished
from roundup.publish.built import BuiltSite
from roundup.publish.change import Change, There
from roundup.publish.ordered import apply_in_order
from roundup.publish.target import Tell

_AT_ONCE = 8  # objects under way
_MOST_REMOVED = 1000  # in one request, says S3
_CACHED = "max-age=60"  # no name of ours changes with its content, so that a reader's browser has to ask soon
_LEFT = "what is there is whole, and no link leads to what is missing; mend that, and run the same command again to go on"
_UNTOUCHED = "nothing was changed there; mend that, and publish again"
# What a web server calls a file: by our own list first, for that of Python hangs on the machine.
_TYPES = {
    "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "json": "application/json",
    "xml": "application/xml", "txt": "text/plain; charset=utf-8", "md": "text/markdown; charset=utf-8", "bib": "text/plain; charset=utf-8",
    "ris": "application/x-research-info-systems", "opml": "text/x-opml; charset=utf-8", "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg",
    "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "ico": "image/x-icon",
    "pdf": "application/pdf", "woff2": "font/woff2", "wasm": "application/wasm",
}  # fmt: skip


class BucketTarget:
    """A bucket, or what stands in it below a prefix."""

    is_shared = False

    def __init__(self, to: ToBucket) -> None:
        self.name = f"s3://{to.bucket}/{to.prefix}"
        self.bucket, self.prefix = to.bucket, to.prefix
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise unpublished(self.name, "boto3 is not installed", 'nothing was changed there; pip install "roundup-digest[s3]"') from None
        with self._asking(_UNTOUCHED):
            settings = Config(connect_timeout=10, read_timeout=60, max_pool_connections=_AT_ONCE, retries={"max_attempts": 4, "mode": "standard"})
            self.client: Any = boto3.Session().client("s3", region_name=to.region or None, endpoint_url=to.endpoint or None, config=settings)

    def paths(self) -> frozenset[str]:
        with self._asking(_UNTOUCHED):
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
            return frozenset(found["Key"].removeprefix(self.prefix) for page in pages for found in page.get("Contents", ()))

    def read(self, path: str) -> bytes:
        with self._asking(_UNTOUCHED):
            return bytes(self.client.get_object(Bucket=self.bucket, Key=self.prefix + path)["Body"].read())

    def apply(self, site: BuiltSite, there: There, change: Change, tell: Tell) -> None:
        apply_in_order(self, site, there, change, tell)

    def put(self, site: BuiltSite, paths: Sequence[str], tell: Tell) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                for done, _ in enumerate(pool.map(lambda path: self._write(path, site.read(path)), paths), 1):
                    tell(done)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def remove(self, paths: Sequence[str]) -> None:
        rest = iter(paths)
        while some := list(islice(rest, _MOST_REMOVED)):
            with self._asking(_LEFT):
                asked = {"Objects": [{"Key": self.prefix + path} for path in some], "Quiet": True}
                errors = self.client.delete_objects(Bucket=self.bucket, Delete=asked).get("Errors")
            if errors:
                raise unpublished(self.name, f"{errors[0]['Key']} cannot be removed: {errors[0]['Message']}", _LEFT)

    def write_manifest(self, data: bytes) -> None:
        self._write(MANIFEST, data)

    def _write(self, path: str, data: bytes) -> None:
        with self._asking(_LEFT):
            self.client.put_object(Bucket=self.bucket, Key=self.prefix + path, Body=data, ContentType=content_type(path), CacheControl=_CACHED)

    @contextmanager
    def _asking(self, left: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError, ValueError) as error:
            raise unpublished(self.name, str(error), left) from error


def content_type(path: str) -> str:
    """Return what kind of file this is, as a browser has to be told."""
    ending = path.rpartition(".")[2].lower()
    if path.endswith(("feed.xml", "papers.xml")) or (path.startswith(("authors/", "topics/")) and ending == "xml"):
        return "application/atom+xml"
    return _TYPES.get(ending) or mimetypes.guess_type(path)[0] or "application/octet-stream"
