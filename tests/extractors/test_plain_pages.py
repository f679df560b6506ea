"""Pages whose tags tell all of them: read as from the tree that a browser builds, or not without it."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest
from pages_of_pieces import mangled, page_of_pieces

from benchmarks.corpus.build import html_document as corpus_page
from benchmarks.reading import word_page
from extractors.document import Document, Grid, Paragraph
from extractors.html import html_document, tree_document
from extractors.plain_pages import read_plain_page
from extractors.plain_tables import plain_tables


def is_plain(page: bytes) -> bool:
    tables = plain_tables(page)
    return tables is not None and read_plain_page(*tables) is not None


def read_alike(page: bytes) -> Document:
    """The Document of a page, the same from its tags and from its tree, and when it is read again."""
    first, again = html_document(page, "utf-8"), html_document(page, "utf-8")
    assert first == tree_document(page, "utf-8") == again, page
    return first


@cache
def real_pages() -> list[bytes]:
    drawn = [corpus_page(11, number).content for number in range(40)]
    return [page for page in drawn if page.decode(errors="ignore").encode() == page]


@pytest.mark.parametrize("seed", range(4))
def test_pages_put_together_by_chance_are_read_as_from_their_tree(seed: int) -> None:
    rng = Random(f"pieces {seed}")
    pages = [page_of_pieces(rng) for _ in range(600)]
    for page in pages:
        read_alike(page)
    assert sum(map(is_plain, pages)) > 50


@pytest.mark.parametrize("seed", range(4))
def test_mangled_pages_are_read_as_from_their_tree(seed: int) -> None:
    rng = Random(f"mangled {seed}")
    pages = [*real_pages(), *(page_of_pieces(rng) for _ in range(40))]
    for _ in range(150):
        read_alike(mangled(rng, rng.choice(pages), pages))


def test_pages_of_the_corpus_are_read_as_from_their_tree() -> None:
    for page in real_pages():
        read_alike(page)


def test_the_pages_that_word_exports_need_no_tree() -> None:
    pages = [word_page(number).content for number in range(40)]
    for page in pages:
        read_alike(page)
    assert sum(map(is_plain, pages)) == len(pages)


PLAIN = (
    "<p>甲</p><table><tr><td>1</td></tr></table>",
    "<table><tbody><tr><td rowspan='2' class=x>1</td><th>2</th></tr>\n<tr><td>3</td></tr></tbody></table>乙",
    "<TABLE><TR><TD>1</TD></TR></TABLE>",
    "<table><tr hidden><td>1</td></tr><tr><td>2</td></tr></table>",
    "<table><tr style='DISPLAY: none'><td>1</td></tr></table>甲",
    "<p>甲</p><!-- <table><tr><td>1</td></tr></table> --><table><tr><td>2</td></tr></table>",
    "<div><span>甲<b>乙</b></span><br>丙 &amp; 丁</div>",
    "<!--[if gte mso 9]><xml><w:View>Normal</w:View></xml><![endif]--><p>甲</p>",
    "<script>if (a > b) document.write('<table><tr><td>1</td></tr></table>')</script><p>甲</p>",
    "<table><tr><td>1<br>2</td><td><p>3</p><p>4</p></td></tr></table>",
    '<table id="gongkai-grid-0"><tr><td>1</td></tr></table>',
)


@pytest.mark.parametrize("page", PLAIN)
def test_plain_pages(page: str) -> None:
    assert is_plain(page.encode())
    read_alike(page.encode())


# In each of these the tags alone would give another text or figure than a browser shows.
TELLING = (
    "<table><tr><td>1<span style='display:none'>2</span></td></tr></table>",
    "<table><tr><td>1<span style='dis&#112lay:none'>2</span></td></tr></table> display",
    "<table><tr><td>1<b hidden>2</b></td></tr></table>",
    "<table><tr><td>1<font style='vertical-align:super'>2</font></td></tr></table>",
    "<table><tr><td><span style='text-decoration:line-through'>1</span>2</td></tr></table>",
    "<table><tr><td>1<sup>2</sup></td></tr></table>",
    "<style>.gone{display:none}</style><table><tr class=gone><td>1</td></tr><tr><td>2</td></tr></table>",
    "<!--<style>.gone{display:none}</style>--><table><tr class=gone><td>1</td></tr></table>",
    "<div hidden>1</div><dl style='visibility:hidden'>2</dl>",
    "<table><tr><td>&#4<span>9;</span></td></tr></table>",
    "<table><tr><td>1</td>2</tr></table>",
    "<table><tr><td>1<td>2</td></tr></table>",
    "<table><tr><td><table><tr><td>1</td></tr></table></td></tr></table>",
    "<textarea><table><tr><td>1</td></tr></table></textarea>",
    "<noscript><table><tr><td>1</td></tr></table></noscript>",
    "<span></span><title>1</title><p>2</p>",
    "</td><title>1</title><b></b><title>2</title>",
    "<!<span a=''>1",
    "<!-- a <b>--</b>> 1 --><p>2</p>",
    "<svg><td>1</td></svg><table><tr><td>1</td></tr></table>",
    "<plaintext><table><tr><td>1</td></tr></table>",
    "<table><caption>1</caption><tr><td>2</td></tr></table>",
)


@pytest.mark.parametrize("page", TELLING)
def test_what_only_the_tree_tells_is_left_to_it(page: str) -> None:
    read_alike(page.encode())


def test_a_cell_in_known_dress_prints_its_own_text() -> None:
    def dressed(text: str) -> str:
        return f"<td width=9><p class=x><span lang=zh>{text}</span></p></td>"

    for first in ("1", "22", " 3 ", "规章", "4&amp;5", "6：7", "", "\u3000", "长" * 600):
        page = f"<table><tr>{dressed('0')}{dressed(first)}{dressed('9')}</tr></table>"
        printed = [block for block in read_alike(page.encode()).blocks if isinstance(block, Grid | Paragraph)]
        assert printed
    grids = [block for block in read_alike(page.encode()).blocks if isinstance(block, Grid)]
    assert not grids, "prose makes a table one of layout"
