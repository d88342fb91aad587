"""``serve``: the site in a browser, as it is being written."""

from __future__ import annotations

import contextlib

import click

from roundup.cli.door import Session, command
from roundup.cli.wanted import card_maker, root_of
from roundup.errors import report


@command("roundup serve --port 8080")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, metavar="N", help="Where to listen; if taken, the next free one.")
def serve(session: Session, port: int) -> None:
    """Show the site to your browser as you write, drafts included.

    A page follows when what it shows has changed. Problems stand in the page, which stays as it was until they are mended.
    Nothing is written but to .roundup/cache; only this machine is answered.
    """
    from roundup.preview import Preview
    from roundup.serve import open_server

    preview = Preview(root_of(session), card_maker())
    with contextlib.suppress(KeyboardInterrupt), open_server(preview, port, lambda problems: click.echo(report(problems), err=True)) as server:
        if port not in (0, server.server_port):
            session.remark(f"port {port} is taken")
        server.look("index.html")  # so that problems are told before anybody looks
        session.say(f"{server.address} shows the digest as you write; Ctrl-C ends it")
        server.serve_forever()
