"""The door: commands read, call one function, write and report. Heavy imports stand inside the command that needs them."""

from roundup.cli import begin, coverage, edit, fetch, figures, make, publish, send, serve, triage
from roundup.cli.door import cli, main

__all__ = ["begin", "cli", "coverage", "edit", "fetch", "figures", "main", "make", "publish", "send", "serve", "triage"]
