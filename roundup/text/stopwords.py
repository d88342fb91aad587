"""Words that are in every English text, and tell nothing of it."""

from __future__ import annotations

STOP_WORDS = tuple(
    "a about also although am an and any are as at be because been being between both but by can could did do does doing during each for from further had has"
    " have having he her here hers him his how however i if in into is it its itself just may me might more most much must my no nor not of on or our she"
    " should since so some such than that the their them then there therefore these they this those through thus to too until upon us use used uses using very"
    " via was we were what when where whether which while who whom whose why will with within would yet you your".split()
)
