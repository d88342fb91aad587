"""Commands that are stopped at any step of their writing: killed, refused by the disk, told to end. After SQLite's own tests of faults.

A process that has everything loaded (``__main__``) forks a child for each run, so that a run costs what the command costs. In
the child every call that changes a disk is a numbered step (``steps``), and a fault may be set on one. ``Runs`` is the test's end of it.
"""

from __future__ import annotations

from .runs import Done, Runs, Step

__all__ = ["Done", "Runs", "Step"]
