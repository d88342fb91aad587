"""A small digest with one of everything that makes a site hard: names, versions, formulas, lists, drafts, pages that moved."""

from __future__ import annotations

import datetime as dt
import struct
import zlib
from collections.abc import Iterator

URL = "https://example.org/deep/er/"
LIMITS = {"site.LISTED": 20, "pages.lists.LISTED": 20, "site.LISTED_NAMES": 12, "plan.LISTED_NAMES": 12, "pages.lists.LISTED_NAMES": 12}  # so that few make many
LISTED_PAPERS = 21  # one more than stand on one page: each year has a page as well
FIRST_LISTED = dt.date(2023, 12, 28)


def png(width: int, height: int) -> bytes:
    """Return an image that a browser can draw, grey all over."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = (b"\0" + b"\x88" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


CONFIG = f"""
title: Tests & <trials>
tagline: one of "everything", & then some
url: {URL}
editors:
  ann: {{name: Ann Example, url: "https://ann.example/"}}
  bo: Bo Sample
authors:
- name: Grażyna Łącka
  also: [Grazyna Lacka, G. Lacka]
  url: https://lacka.example/
- name: Jia Li (Leeds)
  also: [Jia Li]
  papers: [2401.00001]
topics:
- name: C++
  also: [cpp, C plus plus]
- name: mixture of experts
  also: [MoE]
subscribe: {{mailto: "list@example.org"}}
comments: {{mailto: "talk@example.org"}}
"""

SOFT = r"""id: "2401.00001"
version: {version}
title: "Soft \\emph{{mixtures}} of $\\ell_2$ experts: </script><b>\"all\"</b> & $\\mathcal{{O}}(n \\log n)$"
authors:
- name: Grażyna Łącka
  affiliations: [University of Łódź]
- Jia Li
- 王小明
- J\"org M\"uller
- Émilie O'Neill-Ávila
- Sinéad Ó Briain
- The ATLAS Collaboration
- Ada Example
abstract: "We bound $\\|x\\|_2 < \\frac{{1}}{{\\sqrt{{d}}}}$ by \\textbf{{75\\%}} -- see $$\\sum_{{i=1}}^n x_i \\le 1$$ and $\\unknown{{y}}$."
categories: [cs.LG, stat.ML]
submitted: 2024-01-02T12:00:00Z
updated: {updated}
comment: 12 pages, \url{{https://code.example/soft}}
journal_ref: J. Tests 12 (2024) 1-2
doi: 10.1234/soft.2024
links:
  code: [https://code.example/soft]
seen:
- source: huggingface
  upvotes: 12
  comments: 3
"""

SOFT_FIRST = r"""paper: 2401.00001
commentary: |
  Each token is a mixture of *all* tokens[^1], at $\mathcal{O}(n)$; compare [[hep-th/9901001]].

  ![Accuracy against time](figures/soft.png "Figure 4: soft routing wins at $x < 1$")

  ### A heading of ours

  | budget | gain |
  |:-------|-----:|
  | 1e18   | 2.5  |

  ```python
  def mix(tokens):
      return weights @ tokens  # all of them
  ```

  $$
  f(x) = \begin{cases} x^2 & x \ge 0 \\ -x & \text{otherwise} \end{cases}
  $$

  > As they say: "it works".

  1. One
  2. Two, with a note again[^1]

  [^1]: Which is why decoding is out of reach.
tags: [MoE, C++]
by: [bo]
tldr: All tokens, a little of each.
rating: 4 of 5
cover: figures/soft.png
status: ready
"""

SOFT_AGAIN = """paper: 2401.00001
commentary: |
  A second look[^a] at [[2401.00001]]; and [the talk](/2024-1/#talk).

  ![Accuracy, again](figures/soft.png "The new figure")

  [^a]: Of the second version.
tags: [mixture of experts]
status: ready
"""

FILES: dict[str, str | bytes] = {
    "roundup.yaml": CONFIG,
    "issues/2024-1/issue.yaml": """
teaser: experts, strings, and a talk
date: 2024-02-01
editors: [ann, bo]
intro: |
  An intro with a note[^i] and $x^2$.

  [^i]: The first note.
sponsor: Carried by [nobody](https://nobody.example/).
order:
- section: On <experts> & more
  note: What stands under the *heading*.
- 2401.00001
- hep-th/9901001
- section: On <experts> & more
- talk
- 2401.00002
- 2401.00004
outro: |
  The end -- for now[^o].

  [^o]: The last note.
""",
    "issues/2024-1/papers/2401.00001.yaml": SOFT.format(version=1, updated="2024-01-02T12:00:00Z"),
    "issues/2024-1/commentary/2401.00001.yaml": SOFT_FIRST,
    "issues/2024-1/figures/soft.png": png(640, 480),
    "issues/2024-1/papers/hep-th-9901001.yaml": """id: hep-th/9901001
title: Strings of the old style
authors: [Grazyna Lacka, J. von der Linden III, 王小明]
abstract: Short.
categories: [hep-th]
submitted: 1999-01-04
""",
    "issues/2024-1/commentary/hep-th-9901001.yaml": "paper: hep-th/9901001\ncommentary: Still good.\ntags: [strings, C plus plus]\nstatus: ready\n",
    "issues/2024-1/commentary/talk.yaml": """link:
  url: https://talks.example/soft?a=1&b=2
  title: A talk on "soft" & <hard>
  source: talks.example
  text: Forty minutes.
title: What they said
commentary: Worth it.
tags: [talks]
status: ready
""",
    # the other one of this name; and a record with nothing but what is required
    "issues/2024-1/papers/2401.00002.yaml": 'id: "2401.00002"\ntitle: Bare\nauthors: [Jia Li]\ncategories: [cs.PL]\n',
    "issues/2024-1/commentary/2401.00002.yaml": "paper: 2401.00002\ncommentary: Bare words.\ntags: [cpp]\nstatus: ready\n",
    "issues/2024-1/papers/2401.00004.yaml": """id: "2401.00004"
title: An error of ours
authors: [Ada Example, 王小明]
abstract: Withdrawn.
categories: [cs.LG]
submitted: 2024-01-04
comment: "Withdrawn: Lemma 2 is <wrong>"
withdrawn:
  reason: "Lemma 2 is <wrong>, as $x > 1$ shows"
  since: 2024-01-20
""",
    "issues/2024-1/commentary/2401.00004.yaml": "paper: 2401.00004\ncommentary: It had looked right.\nstatus: ready\n",
    "issues/2024-2/issue.yaml": "date: 2024-03-01\norder:\n- 2401.00001\n",
    "issues/2024-2/papers/2401.00001.yaml": SOFT.format(version=2, updated="2024-02-20T12:00:00Z"),
    "issues/2024-2/commentary/2401.00001.yaml": SOFT_AGAIN,
    "issues/2024-2/figures/soft.png": png(320, 1200),
    "issues/2024-3/issue.yaml": "teaser: not yet\norder:\n- 2403.00001\n",
    "issues/2024-3/papers/2403.00001.yaml": 'id: "2403.00001"\ntitle: Unpublished\nauthors: [Dora Draft, Ada Example]\ncategories: [cs.DB]\nsubmitted: 2024-03-02\n',
    "issues/2024-3/commentary/2403.00001.yaml": "paper: 2403.00001\ncommentary: Not yet.\ntags: [drafted]\nstatus: draft\n",
}  # fmt: skip


def _listed() -> Iterator[tuple[str, str]]:
    """Yield daily lists, in two years, with more papers of one author than one page has."""
    for number in range(LISTED_PAPERS):
        day = FIRST_LISTED + dt.timedelta(days=number % 8)
        folder, base = f"issues/{day.year}-{day.month}-{day.day}", f"{day:%y%m}.{11000 + number}"
        yield f"{folder}/issue.yaml", f"kind: list\ndate: {day}\nteaser: what readers voted for\n"
        yield (
            f"{folder}/papers/{base}.yaml",
            f'id: "{base}"\ntitle: Paper {number} of $n_{{{number}}}$\nauthors: [Zoë Prolífica, Coauthor {"ABCEFGH"[number % 7]}., Ada Example]\n'
            f"abstract: About $n_{{{number}}}$.\ncategories: [cs.CV]\nsubmitted: {day}\nseen:\n- source: huggingface\n  upvotes: {number}\n  comments: 1\n",
        )


FILES |= dict(_listed())
