"""The words that our pages say by themselves, the quotes and the days of a language. The default is English.

Other languages are tables in ``templates/languages/``; a digest's own table of that name says some of the words otherwise, or speaks
another language. Never by the machine's locale, so that every machine writes the same.
"""

from __future__ import annotations

import datetime as dt

from msgspec import Struct

_MONTHS = tuple("January February March April May June July August September October November December".split())


class Counted(Struct, frozen=True):
    """Words with a number in them: for one, and for any other."""

    one: str
    other: str

    def of(self, number: int) -> str:
        return (self.one if number == 1 else self.other).format(n=number)


class Language(Struct, frozen=True):
    """What templates know as ``words``. A name in braces is filled in where the words are said."""

    direction: str = "ltr"  # or rtl, as Arabic and Hebrew are written
    quotes: tuple[str, ...] = ("“", "”", "‘", "’")  # outer ones, inner ones
    months: tuple[str, ...] = _MONTHS
    short_months: tuple[str, ...] = tuple(month[:3] for month in _MONTHS)
    date: str = "{day} {month} {year}"  # {number} is the month as a number
    short_date: str = "{day} {month} {year}"
    last: str = " and "  # before the last of a few names
    papers: Counted = Counted("{n} paper", "{n} papers")
    minutes: Counted = Counted("{n} minute", "{n} minutes")
    more: Counted = Counted("{n} more", "{n} more")  # names
    authors: Counted = Counted("{n} author", "{n} authors")
    votes: Counted = Counted("{n} vote", "{n} votes")
    comments: Counted = Counted("{n} comment", "{n} comments")
    skip: str = "Skip to the text"
    keys: str = "Keys:"  # of the keyboard
    key_next: str = "next"
    key_previous: str = "previous"
    key_open: str = "open"
    key_search: str = "search"
    site: str = "Site"
    archive: str = "Archive"
    people: str = "Authors"
    topics: str = "Topics"
    search: str = "Search"
    markdown: str = "Markdown"
    as_markdown: str = "This issue as Markdown"
    on_the_web: str = "on the web"
    read_on: str = "Read on"
    why_mail: str = "This mail goes to the subscribers of {title}."
    unsubscribe: str = "Unsubscribe"
    contents: str = "In this issue"
    contents_of_newest: str = "In the newest issue"
    other_issues: str = "Other issues"
    no_issue: str = "No issue has been published yet."
    draft: str = "Draft"
    rated: str = "rated {rating}"
    listed: str = "listed {date}"
    abstract: str = "abstract"
    pdf: str = "pdf"
    code: str = "code"
    details: str = "details"  # a link to the paper's own page
    withdrawn: str = "Withdrawn by its authors."
    about: str = "Abstract"  # a heading
    read_version: str = "Written of version {version}; the newest known is version {newest}."
    version: str = "version {version}, {date}"
    published: str = "Published"
    comment: str = "Comment"
    filed: str = "Filed under"
    cite: str = "Cite"
    also_by: str = "Also by these authors"
    related: str = "Related papers"
    together: str = "Together with"
    whole: str = "All of {name}"
    most: str = "Most papers"
    by_letter: str = "By letter"
    by_year: str = "By year"
    all_papers: str = "All papers"
    all_issues: str = "All issues"
    corrected: str = "corrected {date}"
    seen: str = "{seen} seen, {kept} kept"  # papers of which an issue was chosen
    found: Counted = Counted("{n} result", "{n} results")
    search_for: str = "Titles, authors, topics, words"
    search_needs: str = "Searching needs JavaScript. Everything that there is stands in these lists, too."
    search_failed: str = "The index could not be loaded."
    feed: str = "Feed"
    feeds: str = "All feeds"
    missing: str = "There is no such page"
    missing_more: str = "It may have been renamed, or the address misspelt. What there is stands in these lists."
    moved: str = "This page has moved"
    subscribe: str = "Subscribe"
    address: str = "Your mail address"
    comments_here: str = "Comments"
    write_comment: str = "Comment by mail"
    as_json: str = "This issue as JSON"
    earlier: str = "Earlier here:"
    place: str = "no. {number} of {issue}"
    tags: str = "Tags:"
    link_to: str = "Link to {title}"
    link_to_number: str = "Number {number}, link to it"
    link_of_number: str = "{title} of no. {number}"
    back: str = "Back to the text of note {number}"
    formula: str = "Formula"
    table: str = "Table"
    program: str = "Code"
    figure: str = "Figure"
    notes: str = "Notes"
    links: str = "Links"
    paste: str = "To paste into a newsletter"  # the words from here to by_hand are on the page for editors
    paste_first: str = "Publish the site first, and leave it there: the figures are loaded from it."
    paste_fields: str = "title and subtitle have fields of their own; the text goes below them"
    paste_excerpt: str = "the title has a field, and the text goes below it; the subtitle is the excerpt in the post’s settings"
    paste_title: str = "Title"
    paste_subtitle: str = "Subtitle"
    paste_text: str = "Text"
    copy: str = "Copy"
    copied: str = "Copied"
    by_hand: str = "Your browser lets no page copy: mark the words, and copy them yourself."
    thanks: str = (
        "Thank you to arXiv for use of its open access interoperability."
        " Titles, authors and dates are arXiv’s; the words on the papers are our editors’."
    )

    def day(self, date: dt.date) -> str:
        """Return ``5 September 2023``, as the language has it."""
        return self.date.format(day=date.day, month=self.months[date.month - 1], number=date.month, year=date.year)

    def short_day(self, date: dt.date) -> str:
        """Return ``5 Sep 2023``, as the language has it."""
        return self.short_date.format(day=date.day, month=self.short_months[date.month - 1], number=date.month, year=date.year)


ENGLISH = Language()
