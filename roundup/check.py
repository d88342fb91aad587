"""The rules that an issue should meet, each a small generator of problems. An editor is glad to be told; a build is not stopped.

What does stop a build is found earlier: by the reader (``records``) and by the plan.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterator
from functools import partial

from roundup.config import AUTHORS, TOPICS
from roundup.crosslinks import CrossLinks
from roundup.errors import Problem, count, nearest
from roundup.issue import Issue, Pick, Prose
from roundup.paper import day, pick_name
from roundup.shortening import CLIPPED, LARGE, MOST, Size
from roundup.showing import figure_fault
from roundup.site import Site
from roundup.text import formula
from roundup.text.links import as_written, look_alike
from roundup.text.rules import MOST_CELLS

Rule = Callable[[Issue, Site], Iterator[Problem]]


class Checks:
    """Every rule, ready for the issues of one site, which has files at ``paths``.

    ``today`` tells which dates are odd, ``mail_size`` how large an issue's mail is once it is drawn.
    """

    def __init__(self, site: Site, paths: Collection[str], today: dt.date, mail_size: Callable[[Issue], Size]) -> None:
        self.site, self.today, self.mail_size = site, today, mail_size
        self.links = CrossLinks(site, paths)

    def of_site(self) -> Iterator[Problem]:
        """Yield what is wrong with what all issues share."""
        yield from pale_accent(self.site)
        yield from disguised_editors(self.site)
        yield from unmet_names(self.site)

    def of(self, issue: Issue) -> Iterator[Problem]:
        """Yield what every rule finds in an issue."""
        for rule in RULES:
            yield from rule(issue, self.site)
        yield from odd_dates(issue, self.today)
        yield from self.links.dead(issue)
        yield from large_mail(issue, self.mail_size(issue))


def unmet_names(site: Site) -> Iterator[Problem]:
    """An author or a topic that roundup.yaml tells from others is on a paper of this archive; else a slip has joined two, or parted one."""
    if site.archive.unread or any(issue.unread for issue in site.archive.issues):
        return  # it may stand in what could not be read
    for key, known in ((AUTHORS, site.config.authors), (TOPICS, site.config.topics)):
        met = {one.known.name for one in site.catalogue.listings(key) if one.known}
        for one in known:
            if one.name not in met:
                yield Problem(site.config.at(key), f'"{one.name}" of "{key}" is on no paper of this archive; mend its spelling, or remove it')
            for paper in one.papers:
                if not site.catalogue.paper(paper):
                    yield Problem(site.config.at(key), f'paper "{paper}" of "{one.name}" is not in this archive; mend its ID, or remove it')


def missing_commentary(issue: Issue, site: Site) -> Iterator[Problem]:
    """Every pick says something, and is ready when the issue has a date; in a list it may say nothing."""
    for pick in issue.picks:
        if not pick.commentary.text.strip() and (issue.is_list or pick.where.path in issue.unread.files):
            continue  # of the latter, a fault that is told may have hidden it
        if pick.status == "todo":
            yield Problem(pick.at("status"), f'"{pick.name}" is still todo; write its commentary and set "status: ready"')
        elif not pick.commentary.text.strip():
            yield Problem(pick.at("commentary"), f'"{pick.name}" has no commentary; write it, or set "status: todo"')
        elif pick.status == "draft" and not issue.is_draft:
            yield Problem(pick.at("status"), f'"{pick.name}" is a draft in an issue with a date; set "status: ready"')


def too_few_seen(issue: Issue, site: Site) -> Iterator[Problem]:
    """What was kept is among what was seen."""
    if issue.seen is not None and issue.seen < issue.kept and not issue.unread:
        what = f'seen "{issue.seen}" is less than the {count(issue.kept, "paper")} of the issue; count anew with: roundup coverage {issue.key}'
        yield Problem(issue.at("seen"), what)


def spare_records(issue: Issue, site: Site) -> Iterator[Problem]:
    """A record without a pick is shown nowhere."""
    for paper in issue.spare:
        what = f'"{paper.id.base}" has a record but no pick; write commentary/{paper.id.name}.yaml or remove the record'
        yield Problem(paper.where, what)


def repeated_papers(issue: Issue, site: Site) -> Iterator[Problem]:
    """A paper comes back only when the editors say so: by ``[[ID]]`` in its own commentary. A list repeats, and is repeated, as it likes."""
    if issue.is_list:
        return
    for pick in issue.picks:
        for standing in [earlier for earlier in site.earlier(issue, pick) if not earlier.head.is_list][:1]:
            told = {pick_name(found.value) for found in site.document(pick.commentary).references}
            if pick.name not in told:
                what = f'"{pick.name}" already stands in {standing.head.key} (no. {standing.number}); remove it, or refer to that with [[{pick.name}]]'
                yield Problem(pick.where, what)


def notes(issue: Issue, site: Site) -> Iterator[Problem]:
    """Each footnote is defined once, and referred to."""
    for prose in _prose(issue):
        document = site.document(prose)
        defined = [note.label for note in document.notes]
        meant = ""
        for found in document.undefined_notes:
            close = nearest(found.value, defined).replace('"', '"[^', 1).replace('"?', ']"?')
            meant += close
            yield Problem(prose.at(found.line), f'footnote "[^{found.value}]" is not defined{close or f"; add a line [^{found.value}]: ..."}')
        for found in document.unused_notes:
            if f'"[^{found.value}]"' in meant:
                continue  # it is the one that was misspelt
            yield Problem(prose.at(found.line), f'footnote "[^{found.value}]" is never referred to; put [^{found.value}] into the text')
        for found in document.repeated_notes:
            yield Problem(prose.at(found.line), f'footnote "[^{found.value}]" is defined twice; rename one')
        for found in document.odd_notes:
            hyphened = "-".join(found.value.split())
            yield Problem(prose.at(found.line), f'footnote "{found.value}" has a space in its label; write {hyphened}')


def figures_without_alt(issue: Issue, site: Site) -> Iterator[Problem]:
    """A figure says in words what it shows, for those who do not see it."""
    for prose in _prose(issue):
        for found in site.document(prose).without_alt:
            if not found.value:
                yield Problem(prose.at(found.line), "an image leads nowhere: its address is empty; write it between the brackets")
                continue
            yield Problem(prose.at(found.line), f'figure "{found.value}" has no alt text; say between the brackets what it shows')


def hidden_captions(issue: Issue, site: Site) -> Iterator[Problem]:
    """A caption is read, not waited for with the mouse."""
    for prose in _prose(issue):
        for found in site.document(prose).titles:
            what = f'caption "{found.value}" is no caption: its image stands with other words; give the image a paragraph of its own'
            yield Problem(prose.at(found.line), what)


def unseen_words(issue: Issue, site: Site) -> Iterator[Problem]:
    """What an editor wrote is seen, and where it was put."""
    for prose in _prose(issue):
        document = site.document(prose)
        for found in document.unused_definitions:
            what = f'link definition "[{found.value}]" is never referred to, and not shown; write [words][{found.value}], or remove it'
            yield Problem(prose.at(found.line), what)
        for found in document.repeated_definitions:
            yield Problem(prose.at(found.line), f'link definition "[{found.value}]" comes a second time, and only the first counts; rename one')
        for found in document.link_titles:
            yield Problem(prose.at(found.line), f'title "{found.value}" of a link is seen under a mouse alone; write it into the text')
        for found in document.wordless_links:
            yield Problem(prose.at(found.line), f'link "{found.value}" has no words to click on; write them between the brackets')
        for found in document.inside_alt:
            yield Problem(prose.at(found.line), f'"{found.value}" stands within the words of an image, where it is not shown; write it behind the image')
        for found in document.after_language:
            yield Problem(prose.at(found.line), f'"{found.value}" behind the language of a code block is not shown; write it into the text')


def odd_tables(issue: Issue, site: Site) -> Iterator[Problem]:
    """A table is one, and each row of it has as many cells as its head."""
    for prose in _prose(issue):
        document = site.document(prose)
        for found in document.wide_rows:
            what = f"a row has {found.value}: those left over stand in the last one; write \\| for a bar, or add columns to the head"
            yield Problem(prose.at(found.line), what)
        for found in document.large_tables:
            what = f"a table of {found.value} columns is shown as it was typed: the tables of a text have at most {MOST_CELLS:,} cells; split it"
            yield Problem(prose.at(found.line), what)


def odd_formulas(issue: Issue, site: Site) -> Iterator[Problem]:
    """A formula is set as math."""
    for prose in _prose(issue):
        for found in site.document(prose).formulas:
            if why := formula.fault(found.value):
                yield Problem(prose.at(found.line), f'formula "{_shortened(found.value)}" is shown as its source: {why}')
        for found in site.document(prose).open_formulas:
            yield Problem(prose.at(found.line), '"$$" stands alone, and is shown as it was typed; end the formula with $$, or write \\$\\$ for dollars')


def _shortened(source: str) -> str:
    """Return what a message has room for of a formula, on one line."""
    words = " ".join(source.split())
    return words if len(words) <= 60 else f"{words[:59]}…"


def unfit_figures(issue: Issue, site: Site) -> Iterator[Problem]:
    """What stands in figures/ is a figure. A build minds only those that a page shows."""
    for figure in issue.figures:
        if figure.fault:
            yield figure_fault(issue, figure)


def unfit_links(issue: Issue, site: Site) -> Iterator[Problem]:
    """A link leads where its words say, by a scheme that a page may use."""
    for pick in issue.picks:
        if pick.link and (disguise := look_alike(pick.link.url)):
            yield Problem(pick.at("url"), _disguised(pick.link.url, disguise))
        if paper := pick.paper:
            yield from (Problem(paper.where, _disguised(url, disguise)) for url in paper.links.code if (disguise := look_alike(url)))
    for prose in _prose(issue):
        document = site.document(prose)
        for found in document.links:
            if disguise := look_alike(found.value):
                yield Problem(prose.at(found.line), _disguised(found.value, disguise))
            elif not found.value:
                yield Problem(prose.at(found.line), "a link leads nowhere: its address is empty; write it between the brackets")
        for found in document.crowded_links:
            what = f'link "{found.value}" is shown as text: its words cannot hold a note, a reference or another link; move that out of them'
            yield Problem(prose.at(found.line), what)
        for found in document.dead_links:
            typed = _straight(found.value, site)
            what = f'link "{typed}" is shown as text: only https, http, mailto and places in the site are links; mend its address'
            if " " in typed and not typed.rstrip().endswith(('"', "'", ")")):
                what = f'link "{typed}" is shown as text: a space ends an address; write %20 for it'
                if typed.startswith("figures/"):
                    what = f'figure "{typed}" is shown as text: a space ends an address; write <{typed}>'
            yield Problem(prose.at(found.line), what)


def _disguised(url: str, disguise: str) -> str:
    return f'link "{as_written(url)}" leads to a look-alike host, {disguise}: its letters are not what they seem; check where it should lead'


def disguised_editors(site: Site) -> Iterator[Problem]:
    """An editor's name leads to the editor."""
    for _, editor in site.config.editors:
        if disguise := look_alike(editor.url):
            yield Problem(site.config.where, _disguised(editor.url, disguise))


def markup(issue: Issue, site: Site) -> Iterator[Problem]:
    """Nothing is shown raw that was meant as markup."""
    for prose in _prose(issue):
        document = site.document(prose)
        for found in document.html_tags:
            what = f'"{_straight(found.value, site)}" is shown as it stands, for raw HTML is off; write Markdown, or put it in backticks'
            yield Problem(prose.at(found.line), what)
        for found in document.card_faults:
            yield Problem(prose.at(found.line), _LINE_OF_TEXT.sub(partial(_line_of_file, prose), found.value))


_LINE_OF_TEXT = re.compile(r"(?<=already stands in line )\d+")


def _line_of_file(prose: Prose, match: re.Match[str]) -> str:
    return str(prose.at(int(match[0])).line)


def _straight(text: str, site: Site) -> str:
    """Return a piece of the source as it was typed, its quotes not curled."""
    for curled, typed in zip((*site.language.quotes, "’"), ('"', '"', "'", "'", "'"), strict=True):
        text = text.replace(curled, typed)
    return text


_MARK = re.compile(r"\b(TK(?:TK)*|TODO|FIXME|XXX)\b")


def marks(issue: Issue, site: Site) -> Iterator[Problem]:
    """No mark that an editor left for later goes out."""
    for prose in _prose(issue):
        for found in site.document(prose).plain:
            for match in _MARK.finditer(found.value):
                yield Problem(prose.at(found.line), f'"{match[1]}" is left in the text; write what belongs there')
        for found in site.document(prose).card_words:
            for match in _MARK.finditer(found.value):
                yield Problem(prose.at(found.line), f'"{match[1]}" is left in the card; write what belongs there')
    for section in issue.sections:
        if mark := _MARK.search(section.title):
            yield Problem(section.where, f'"{mark[1]}" is left in the section; write what belongs there')
    for key in ("title", "teaser"):
        if mark := _MARK.search(getattr(issue, key)):
            yield Problem(issue.at(key), f'"{mark[1]}" is left in the {key}; write what belongs there')
    for pick in issue.picks:
        for key in ("title", "tldr"):
            if mark := _MARK.search(getattr(pick, key)):
                yield Problem(pick.at(key), f'"{mark[1]}" is left in the {key}; write what belongs there')


def unknown_editors(issue: Issue, site: Site) -> Iterator[Problem]:
    """Whoever signs is listed in roundup.yaml, where it lists anyone; a short name is not what readers should see."""
    known = dict(site.config.editors)
    signed = [(short, issue.at("editors")) for short in issue.editors]
    signed += [(short, pick.at("by")) for pick in issue.picks for short in pick.by]
    for short, where in signed:
        if not known and site.config.lines and re.fullmatch(r"[a-z][a-z0-9_-]*", short):  # a whole name stands for itself; what was not read may explain it
            mend = f"add editors: {{{short}: WHOLE NAME}} there, or write the name"
            yield Problem(where, f'"{short}" is shown as it stands, for roundup.yaml lists no editors; {mend}')
        elif known and short not in known:
            yield Problem(where, f'editor "{short}" is not in roundup.yaml{nearest(short, known) or "; add the name under editors"}')


def empty_sections(issue: Issue, site: Site) -> Iterator[Problem]:
    """A heading has something under it, and an issue with a date holds something."""
    for section in issue.sections:
        if section.title and not section.picks and not section.listed:
            yield Problem(section.where, f'section "{section.title}" is empty; put picks below it or remove it')
    if issue.unread or issue.where.path in issue.unread.files:
        return  # something may be in it
    if not issue.is_draft and not issue.picks and not issue.intro.text.strip():
        yield Problem(issue.where, "the issue has a date but nothing in it; add picks, or remove the date")


def withdrawn_papers(issue: Issue, site: Site) -> Iterator[Problem]:
    """A paper that its authors took back is not passed on in silence. Of one in a list without a word of ours, the page itself says so."""
    for pick in issue.picks:
        if issue.is_list and not pick.commentary.text.strip():
            continue
        paper = pick.paper
        if paper and paper.withdrawn and "withdr" not in pick.commentary.text.lower():
            yield Problem(pick.where, f'"{pick.name}" was withdrawn by its authors ("{paper.withdrawn.reason}"); say so in the commentary or remove it')


def odd_dates(issue: Issue, today: dt.date) -> Iterator[Problem]:
    """An issue comes out after what it speaks of, near the time that its key names."""
    if issue.date is None:
        return
    if issue.date > today + dt.timedelta(days=366):
        yield Problem(issue.at("date"), f"date {issue.date} is more than a year ahead; mend it")
    elif abs((issue.date - issue.key.last_day).days) > 366:
        yield Problem(issue.at("date"), f"date {issue.date} is more than a year from {issue.key}; mend it, or rename the folder")
    elif issue.date < issue.key.first_day:
        yield Problem(issue.at("date"), f"date {issue.date} lies before {issue.key} begins ({issue.key.first_day}); mend it, or rename the folder")
    for pick in issue.picks:
        yield from _odd_paper_dates(issue, issue.date, pick)


def _odd_paper_dates(issue: Issue, date: dt.date, pick: Pick) -> Iterator[Problem]:
    paper = pick.paper
    if paper is None:
        return
    submitted = day(paper.submitted) if paper.submitted else paper.announced
    if submitted and submitted > date:
        came = "was submitted on" if paper.submitted else "was announced on"
        yield Problem(pick.where, f'"{pick.name}" {came} {submitted}, after the issue ({date}); mend the date of one')
    if paper.submitted and paper.updated and day(paper.updated) < day(paper.submitted):
        yield Problem(paper.where, f'"{pick.name}" was updated ({day(paper.updated)}) before it was submitted ({day(paper.submitted)}); fetch it again')


def large_mail(issue: Issue, size: Size) -> Iterator[Problem]:
    """A mail is read to its end; some readers cut it off."""
    if size.whole <= LARGE:
        return
    cut = f"Gmail hides what comes after {CLIPPED:,}"
    if size.sent > MOST and size.shortened:
        what = f"its mail has {size.sent:,} bytes with hardly a word of commentary, and {cut}; split the issue"
    elif size.shortened:
        ends = f"{count(size.shortened, 'text')} {'ends' if size.shortened == 1 else 'end'} early, with a link to the page"
        what = f"its mail of {size.whole:,} bytes is shortened to {size.sent:,}, for {cut}: {ends}; split the issue to send it whole"
    else:
        what = f"its mail has {size.whole:,} bytes, and {cut}; split the issue, or say less"
    yield Problem(issue.where, what)


PAPER_WHITE = "#fdfcf9"  # of the built-in stylesheet
CONTRAST = 4.5  # Source: WCAG 2.2, success criterion 1.4.3, for text of ordinary size


def pale_accent(site: Site) -> Iterator[Problem]:
    """The accent is the colour of numbers and headings: it can be read on the page."""
    accent = site.config.accent
    darker, lighter = sorted((_luminance(accent), _luminance(PAPER_WHITE)))
    contrast = (lighter + 0.05) / (darker + 0.05)
    if contrast < CONTRAST:
        yield Problem(site.config.where, f'accent "{accent}" is too pale to read (contrast {contrast:.1f}, {CONTRAST} is needed); take a darker one')


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour as ``#9c2f1d``, by WCAG's formula."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _prose(issue: Issue) -> Iterator[Prose]:
    return (block.prose for block in issue.blocks() if block.prose.text)


RULES: tuple[Rule, ...] = (
    missing_commentary,
    too_few_seen,
    spare_records,
    repeated_papers,
    notes,
    figures_without_alt,
    hidden_captions,
    unseen_words,
    odd_tables,
    odd_formulas,
    unfit_figures,
    unfit_links,
    markup,
    marks,
    unknown_editors,
    empty_sections,
    withdrawn_papers,
)
