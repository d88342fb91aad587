"""The files of a new digest, and of a new issue, as text by path. Pure: names and days come in as values."""

from __future__ import annotations

import datetime as dt

from roundup.issue import IssueKey, Link, key_of
from roundup.names import parse_name
from roundup.paper import Paper, day
from roundup.text.accents import accented
from roundup.text.language import ENGLISH
from roundup.text.visible import one_line, visible
from roundup.workflows import workflows
from roundup.yamltext import dump_scalar

_CONFIG = """\
# What the digest is called and where it will stand. Only the title is required.
title: {title}
tagline: what we read, with commentary
# url: https://example.org/digest/     # where the site will stand; a subfolder is fine
# publish: {{to: github-pages}}          # how `roundup publish` brings it there; or to a folder, by rsync, to s3
language: en
# contact: you@example.org             # tells arXiv who is asking
# editors:
#   ann: {{name: Ann Example, url: https://example.org/ann}}
cadence: {cadence}
issue_title: {issue_title}
sources:
- arxiv: [cs.LG, cs.CL, stat.ML]
"""

SAMPLE = "1706.03762"  # what a new digest begins with, to be written over

_FIRST_ISSUE = """\
teaser: a first issue, to write over
date: {date}
intro: |
  This is the head of your first issue. It is *Markdown*, like all that you write here: change this file and the
  ones beside it, run `roundup build` again, and open `site/index.html`.
order:
- 1706.03762                           # Attention Is All You Need
outro: |
  And this is its foot. `roundup check` tells what is left to do; `roundup new` begins the next issue.
"""

FIRST_PICK = """\
# Attention Is All You Need
# Vaswani et al. · cs.CL · 12 Jun 2017 · https://arxiv.org/abs/1706.03762
paper: 1706.03762
commentary: |
  Say in a few sentences what the paper does and why it matters. A note[^1] is numbered through the issue.

  - lists, tables, `code` and $\\sqrt{d_k}$ are at hand;
  - an image alone in its paragraph is a figure, and its title the caption.

  [^1]: Like this one.
tags: [transformers]
status: ready
"""

_FIRST_RECORD = """\
id: "1706.03762"
title: Attention Is All You Need
authors:
- Ashish Vaswani
- Noam Shazeer
- Niki Parmar
- Jakob Uszkoreit
- Llion Jones
- Aidan N. Gomez
- Lukasz Kaiser
- Illia Polosukhin
categories:
- cs.CL
- cs.LG
submitted: 2017-06-12
"""

_IGNORE = """\
# what roundup makes again when it is gone; but not .roundup/state, which holds your inbox, your decisions and to whom mail went: keep it with your back-ups
/site/
/.roundup/
.roundup-*.tmp
"""

_NEW_ISSUE = """\
# A draft until it has a date.
teaser: ""
# date: {date}
intro: |

order:
# - section: A heading
# - 2308.00951
outro: |

"""


_NEW_LIST = """\
# A draft until it has a date. Every record in papers/ is shown, those with the most votes first.
kind: list
# sort: votes                          # or date, or score (by the rating in a pick)
teaser: ""
# date: {date}
"""

_NEW_PICK = """\
# {title}
# {authors} · {category} · {day}{url}
paper: {id}
commentary: |

tags: []
status: todo
"""

_NEW_LINK = """\
# {title}
link:
  url: {url}
  title: {quoted}
{source}{text}commentary: |

tags: []
status: todo
"""


def new_pick(paper: Paper) -> str:
    """Return the stub of a paper that was fetched: what it is in two remarks, and room for words."""
    names = [parse_name(accented(author.name)).family for author in paper.authors]
    shown = ", ".join(names[:4]) + (" et al." if len(names) > 4 else "")
    moment = paper.submitted or paper.announced
    said = f"{ENGLISH.short_day(day(moment))} · " if moment else ""
    latest = paper.id.latest
    return _NEW_PICK.format(title=_remark(paper.title), authors=_remark(shown), category=paper.primary_category, day=said, url=latest.abs_url, id=latest)


def ordered(paper: Paper) -> str:
    """Return a paper as an item of an issue's order."""
    return f"- {paper.id.latest}{' ' * max(1, 37 - len(paper.id.base))}# {_remark(paper.title)}"


def new_link(link: Link) -> str:
    """Return the stub of a pick about something else."""
    source, text = (f"  {key}: {dump_scalar(value)}\n" if value else "" for key, value in (("source", link.source), ("text", link.text)))
    return _NEW_LINK.format(title=_remark(link.title), url=dump_scalar(link.url), quoted=dump_scalar(link.title), source=source, text=text)


def inline(stub: str) -> str:
    """Return a stub as an item of an issue's order, to be pasted there."""
    remarks = [row for row in stub.splitlines() if row.startswith("#")]
    first, *rest = [row for row in stub.splitlines() if not row.startswith("#")]
    return "\n".join([*remarks, f"- {first}", *(f"  {row}" if row else "" for row in rest)])


def _remark(text: str) -> str:
    """Return words as a YAML comment may hold them: on one line, no control character, nothing that cannot be seen."""
    return one_line(visible(text).replace("\u2028", " ").replace("\u2029", " ").replace("\x85", " "))


def new_digest(title: str, cadence: str, today: dt.date, version: str) -> dict[str, str]:
    """Return the files of a new digest, its first issue among them."""
    folder = f"issues/{key_of(today, cadence)}"
    issue_title = "{key}" if "{" in title or "}" in title else f"{{key}} {title}"
    return {
        "roundup.yaml": _CONFIG.format(title=dump_scalar(title), cadence=cadence, issue_title=dump_scalar(issue_title)),
        ".gitignore": _IGNORE,
        **workflows(version),
        f"{folder}/commentary/{SAMPLE}.yaml": FIRST_PICK,
        f"{folder}/papers/{SAMPLE}.yaml": _FIRST_RECORD,
        f"{folder}/issue.yaml": _FIRST_ISSUE.format(date=today),
    }


def new_issue(key: IssueKey, today: dt.date, *, is_list: bool, is_out: bool = False) -> dict[str, str]:
    """Return the files of a new issue: one draft."""
    text = (_NEW_LIST if is_list else _NEW_ISSUE).format(date=today if is_out else max(today, key.last_day))
    return {f"issues/{key}/issue.yaml": text.replace("# A draft until it has a date. ", "# ").replace("# date:", "date:") if is_out else text}
