"""What all commands share: the group, its options, the session, and how an error becomes words and an exit code."""

from __future__ import annotations

import datetime as dt
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn, TextIO

import click

from roundup import __version__
from roundup.errors import RoundupError, printable

EXIT_INTERRUPTED = 130


class Session:
    """What the options before the command's name say: where to work, and how much to tell (-1 quiet, 1 or more: all)."""

    def __init__(self) -> None:
        self.start = "."
        self.verbosity = 0

    def say(self, text: str, level: int = 0) -> None:
        """Print a result; nothing when quiet."""
        if self.verbosity >= level:
            click.echo(printable(text))

    def remark(self, text: str) -> None:
        """Tell something beside the result, on stderr."""
        if self.verbosity >= 0:
            click.echo(printable(text), err=True)


def now() -> dt.datetime:
    """Return the time, in UTC; the one place that looks at the clock."""
    return dt.datetime.now(dt.timezone.utc)


def today() -> dt.date:
    """Return the day, in UTC."""
    return now().date()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; turn what went wrong into words and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no UTF-8 is no reason to fail
    try:
        sys.exit(cli.main(arguments, prog_name="roundup", standalone_mode=False) or 0)  # click gives back the code of an Exit
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt) as stop:
        cause = stop.__cause__ or stop
        advice = getattr(cause, "__notes__", ["nothing is half-written, run it again to go on"])  # a command may know better
        click.echo(f"stopped; {advice[0]}", err=True)
        sys.exit(*cause.args or (EXIT_INTERRUPTED,))  # a signal other than Ctrl-C's names its own
    except RoundupError as error:
        click.echo(printable(str(error)), err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        _give_up_printing()  # the reader has gone; so do we
        sys.exit(1)
    except OSError as error:
        click.echo(printable(f"{error.filename or 'the output'}: {(error.strerror or str(error)).lower()}; mend that and try again"), err=True)
        if not error.filename:
            _give_up_printing()
        sys.exit(1)
    except MemoryError:
        click.echo("there is not enough memory; nothing is half-written: end other programs, and run it again", err=True)
        sys.exit(1)


def _give_up_printing() -> None:
    """Let nothing more come out: Python itself would try once more at the end, and tell of that in its own words."""
    if sys.stdout:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether somebody sits there; a stream that was closed is None."""
    return bool(stream and stream.isatty())


def print_json(value: object) -> None:
    """Print a result for programs."""
    import json

    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _quiet(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Session).verbosity = -1


def _verbose(context: click.Context, _: click.Parameter, value: int) -> None:
    if value:
        context.ensure_object(Session).verbosity = value


def manners(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that stand before a command's name as well as behind it."""
    quiet = click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_quiet, help="Print problems only.")
    verbose = click.option("-v", "--verbose", count=True, expose_value=False, callback=_verbose, help="Print what is done, too.")
    return quiet(verbose(function))


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog='Begin with "roundup init my-digest".')
@click.option("-C", "start", default=".", metavar="DIR", help="Work on the digest in DIR.")
@manners
@click.version_option(__version__, message="roundup %(version)s")
@click.pass_context
def cli(context: click.Context, start: str) -> None:
    """A literature digest: papers and commentary in YAML, every edition of an issue out."""
    context.ensure_object(Session).start = start


def command(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """Make a command whose help ends with an example."""

    def wrap(function: Callable[..., None]) -> click.Command:
        return cli.command(epilog=f"Example: {example}")(manners(click.pass_obj(function)))

    return wrap
