"""What the keys of a sitting do, on a screen and line by line."""

from __future__ import annotations

DECIDING = {"p": "picked", "x": "skipped", "l": "later"}

HELP = """\
p  pick: take the paper into the issue, into the section that is set
x  skip: pass it over
l  later: leave it for another day
u  undo: take the last decision back
n  next, b  back: leave the paper as it is
t  section: what the next picks are for
q  quit: all that was decided is kept, and so is the place"""

ON_SCREEN = """\
a  list: the papers from here on
j, k, arrows: as n and b
space, page down, page up: further in a long abstract, and back"""
