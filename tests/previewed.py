"""A digest of one issue that is out and one draft, for the tests of the preview."""

from __future__ import annotations

from conftest import MINIMAL

PICK = "issues/2024-1/commentary/2401.00001.yaml"
FIGURE = "issues/2024-1/figures/a.svg"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="{}"><rect width="40" height="30"/></svg>\n'


def picked(words: str, paper: str = "2401.00001") -> str:
    return f"paper: {paper}\ncommentary: |\n  {words}\nstatus: ready\n"


FILES: dict[str, str | bytes | None] = {
    PICK: picked('Some words.\n\n  ![A box](figures/a.svg "A caption")'),
    FIGURE: DRAWING.format(30),
    "assets/notes.txt": "Überall\n",
    "issues/2024-3/issue.yaml": "teaser: not out yet\n",
    "issues/2024-3/commentary/2403.00001.yaml": picked("Words of a draft.", "2403.00001"),
    "issues/2024-3/papers/2403.00001.yaml": MINIMAL["issues/2024-1/papers/2401.00001.yaml"].replace("2401.00001", "2403.00001").replace("plain", "coming"),
}
