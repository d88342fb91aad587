"""An issue -> its mail: HTML with its styles written into the elements and within the bounds of mail readers, and plain text beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from roundup.catalogue import Coverage
from roundup.errors import Location, Problem, SourceError
from roundup.issue import Block, Issue, IssueKey, Pick
from roundup.pages.theme import Drawing, draw
from roundup.pages.views import Names, Page, issue_view, letter_view, shown_by
from roundup.shortening import MOST, Size, kept
from roundup.site import Site, page_of
from roundup.text import mail
from roundup.text.beginning import beginning, groups
from roundup.text.plain import Plain
from roundup.text.setting import Setting

if TYPE_CHECKING:
    from css_inline import CSSInliner


class Letter(Struct, frozen=True):
    """The HTML of a mail, and its size."""

    html: str
    size: Size


def letter(issue: Issue, site: Site, drawing: Drawing, unsubscribe: str = "") -> Letter:
    """Return an issue's mail; where it is too large, and the digest's policy says so, a shortened one."""
    return drawing.letters(_letter, issue.key, site, drawing, unsubscribe)


def mail_size(site: Site, drawing: Drawing) -> Callable[[Issue], Size]:
    """Return what tells how large an issue's mail is."""
    return lambda issue: letter(issue, site, drawing).size


def letter_text(issue: Issue, site: Site, drawing: Drawing, unsubscribe: str = "") -> str:
    """Return the plain text of an issue's mail, which is always whole."""
    edition = Plain()
    view = issue_view(issue, site, edition, absolute=True, alone=True)
    return draw(drawing, "mail.txt", f"issue {issue.key}", {**view, "notes": edition.notes, "links": edition.links, "unsubscribe": unsubscribe})


def _letter(key: IssueKey, site: Site, drawing: Drawing, unsubscribe: str) -> Letter:
    issue = site.archive.issue(key)

    def drawn(view: Mapping[str, object]) -> tuple[str, float]:
        """Return a mail, and by how much its styles make it longer."""
        plain = draw(drawing, "mail.html", f"issue {key}", {**view, "unsubscribe": unsubscribe})
        html = _inlined(plain)
        return html, _bytes(html) / _bytes(plain)

    whole, grows = drawn(letter_view(issue, site, drawing))
    size = _bytes(whole)
    if size <= MOST or site.config.mail.too_large == "warn":
        return Letter(whole, Size(size, size))
    texts = _texts(issue, site, grows)
    for few_names in (False, True):  # names are left out only where leaving out all commentary is not enough
        html, cut = whole, dict[str, int]()
        if few_names:
            html, _ = drawn(shown_by(_Shortened(issue, site, cut, few_names=True)))
        room = sum(map(sum, texts.values()))
        while (over := _bytes(html) - MOST) > 0 and (len(cut) < len(texts) or any(cut.values())):
            room -= max(over, 1000)  # links to what is left out have their size, too
            stay = dict(zip(texts, kept(tuple(texts.values()), room), strict=True))
            cut = {prefix: blocks for prefix, blocks in stay.items() if blocks < len(texts[prefix])}
            html, _ = drawn(shown_by(_Shortened(issue, site, cut, few_names=few_names)))
        if over <= 0:
            break
    return Letter(html, Size(size, _bytes(html), len(cut)))


def _texts(issue: Issue, site: Site, grows: float) -> dict[str, tuple[int, ...]]:
    """Return the bytes of each block of an issue's texts, by the text's prefix."""
    setting = Page(issue, site, mail, absolute=True, alone=True).setting
    found = {}
    for block in issue.blocks():
        document = site.document(block.prose)
        pieces = (replace(document, tokens=tuple(group), notes=()) for group in groups(document.tokens))
        if sizes := tuple(round(grows * _bytes(mail.render(piece, setting))) for piece in pieces):
            found[block.prefix] = sizes
    return found


class _Shortened(Page):
    """Draws an issue's mail with the beginnings of some texts, by their prefixes, each with a link to the whole."""

    def __init__(self, issue: Issue, site: Site, cut: Mapping[str, int], *, few_names: bool) -> None:
        super().__init__(issue, site, mail, absolute=True, alone=True)
        self.cut, self.few_names = cut, few_names

    def shown(self, block: Block, setting: Setting) -> Markup:
        if block.prefix not in self.cut:
            return super().shown(block, setting)
        anchor = block.pick.name if block.pick else ""
        address = page_of(self.site.config, self.issue.key) + (f"#{anchor}" if anchor else "")
        return mail.render(beginning(self.site.document(block.prose), self.cut[block.prefix]), setting) + mail.read_on(address, setting)

    def authors(self, pick: Pick, coverage: Coverage | None) -> Names:
        found = super().authors(pick, coverage)
        return self.few(found) if self.few_names and found.last else found


def _inlined(html: str) -> str:
    """Return a mail with its styles written into its elements, for many readers know no other; a style element that is to be kept is.

    SourceError where that cannot be, as with a template of the digest's own whose styles are none.
    """
    from css_inline import InlineError

    try:
        return _inliner().inline(html).replace(' data-css-inline="keep"', "")
    except InlineError as error:
        what = f"the styles of the mail cannot be written into its elements: {error}; mend them"
        raise SourceError([Problem(Location("templates/mail.html"), what)]) from error


@cache
def _inliner() -> CSSInliner:
    from css_inline import CSSInliner  # a build that draws no mail does without

    return CSSInliner(load_remote_stylesheets=False, minify_css=True)


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
