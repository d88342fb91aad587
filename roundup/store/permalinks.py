"""permalinks.yaml, written when what has moved is to be kept."""

from __future__ import annotations

from pathlib import Path

from roundup.errors import RefusedError
from roundup.moves import Permalinks
from roundup.records.permalinks import dump_permalinks
from roundup.store.disk import PERMALINKS, reason
from roundup.store.writing import remove, replace_record, settle, sweep


def keep_permalinks(root: Path, permalinks: Permalinks) -> None:
    """Write permalinks.yaml anew, or remove it when there is nothing to keep. RefusedError where that cannot be: what moved would be forgotten."""
    try:
        sweep(root)
        if permalinks == Permalinks():
            remove(root / PERMALINKS)
            settle(root)
        else:
            replace_record(root / PERMALINKS, dump_permalinks(permalinks).encode())
    except OSError as error:
        what = f"{root / PERMALINKS} cannot be written: {reason(error)}; the site is built, but what moved is not noted: mend that and build again"
        raise RefusedError(what) from error
