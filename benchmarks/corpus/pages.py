"""Whole HTML pages: meta tags, menus full of label words, metadata tables, layout tables, charsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from random import Random

from benchmarks.corpus.content import Content
from benchmarks.corpus.markup import DIALECTS, Dialect, write_table
from benchmarks.corpus.shapes import PrintedTable
from benchmarks.corpus.truths import Truth

CHARSETS = (
    "utf-8", "gb2312", "gbk", "gb18030", "undeclared utf-8", "undeclared gbk",
    "gbk said utf-8", "utf-8 said gb2312", "utf-8 bom", "gbk by header",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dress:
    """What a site puts around an article."""

    meta_tags: bool = True
    navigation: bool = True
    metadata_table: bool = False
    layout_tables: int = 0
    footer: bool = True
    title_in_body: bool = True


def draw_dress(rng: Random, *, bare: bool = False) -> Dress:
    """Draw a dress; `bare` is an article alone, as text tools like it."""
    if bare:
        return Dress(meta_tags=rng.random() < 0.5, navigation=False, footer=False)
    return Dress(
        meta_tags=rng.random() < 0.6,
        navigation=rng.random() < 0.7,
        metadata_table=rng.random() < 0.3,
        layout_tables=rng.choices((0, 1, 2, 3), (75, 13, 8, 4))[0],
        footer=rng.random() < 0.7,
    )


_MENU = (
    "首页",
    "政务公开",
    "规章",
    "行政规范性文件",
    "行政许可",
    "行政处罚",
    "行政强制",
    "政府信息公开年报",
    "其他",
    "总计",
)


def write_page(rng: Random, truth: Truth, content: Content, dialect_name: str, dress: Dress) -> str:
    """A page as text, before its charset is chosen; `{charset}` is left in its head for `encode_page`."""
    dialect = DIALECTS[dialect_name]
    article = write_body(rng, content, dialect)
    if content.title and dress.title_in_body:
        tag = rng.choice(("h1", "h2", "div", "p"))
        lines = "<br>".join(escape(part) for part in content.title.split("\n"))
        article = f"<{tag} class='title'>{lines}</{tag}>" + article
    if dress.metadata_table:
        article = _metadata_table(rng, truth, content) + article
    article = f"<div class='article TRS_Editor'>{article}</div>"
    for _ in range(dress.layout_tables):
        article = (
            "<table width='1000' align='center'><tr><td width='20'>&nbsp;</td><td valign='top'>"
            f"{article}</td><td>&nbsp;</td></tr></table>"
        )
    body = (_navigation() if dress.navigation else "") + article + (_footer(truth) if dress.footer else "")
    head = f"<title>{escape((content.title or '').replace(chr(10), ''))}{_site_suffix(rng, truth)}</title>"
    if dress.meta_tags:
        head += _meta_tags(rng, truth, content)
    body = _sprinkle(rng, body)
    return f"<!DOCTYPE html>\n<html>\n<head>{{charset}}{head}</head>\n<body>\n{body}\n</body>\n</html>\n"


def write_body(rng: Random, content: Content, dialect: Dialect) -> str:
    """The article: headings, paragraphs, tables."""
    parts = []
    for piece in content.body:
        if isinstance(piece, PrintedTable):
            parts.append(write_table(rng, piece, dialect))
        else:
            kind, text = piece
            parts.append(
                f"<h3>{escape(text)}</h3>"
                if kind == "heading" and rng.random() < 0.2
                else dialect.paragraph(text)
            )
    return "\n".join(parts)


_OFFICE_COMMENT = (
    "<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View><w:Zoom>0</w:Zoom></w:WordDocument></xml>"
    "<![endif]--><!--[if gte mso 10]><style>table{mso-style-name:普通表格;}</style><![endif]-->"
)
_LONE_FIGURE = re.compile(r">([0-9]+)<")


def _sprinkle(rng: Random, body: str) -> str:
    """What editors leave in markup and no reader sees: comments, digits as references, zero-width spaces."""
    if rng.random() < 0.15:
        body = body.replace("<table", _OFFICE_COMMENT + "<table")
    if rng.random() < 0.05:
        body = _LONE_FIGURE.sub(lambda m: ">" + "".join(f"&#{ord(digit)};" for digit in m[1]) + "<", body)
    if rng.random() < 0.05:
        body = _LONE_FIGURE.sub(r">&#8203;\1&#8203;<", body)
    if rng.random() < 0.05:
        body = body.replace("<table", "<!-- <table><tr><td>规章</td><td>88</td></tr></table> --><table", 1)
    return body


def encode_page(page: str, charset: str) -> tuple[bytes, str | None]:
    """Bytes, and the charset that the server's header names; characters outside the set become references."""
    declared = {
        "utf-8": "utf-8", "gb2312": "gb2312", "gbk": "gbk", "gb18030": "gb18030",
        "gbk said utf-8": "utf-8", "utf-8 said gb2312": "gb2312", "utf-8 bom": None,
    }.get(charset)  # fmt: skip
    codec = "utf-8" if "utf-8" in charset and charset != "gbk said utf-8" else "gb18030"
    if charset in ("gb2312", "gbk", "gbk said utf-8", "undeclared gbk", "gbk by header"):
        codec = "gbk"
    tag = f'<meta http-equiv="Content-Type" content="text/html; charset={declared}">' if declared else ""
    content = page.replace("{charset}", tag, 1).encode(codec, errors="xmlcharrefreplace")
    if charset == "utf-8 bom":
        content = b"\xef\xbb\xbf" + content
    return content, "gbk" if charset == "gbk by header" else None


def _site_suffix(rng: Random, truth: Truth) -> str:
    return rng.choice(("", f"_{truth.organ.site_name}", f" - {truth.organ.site_name}"))


def _meta_tags(rng: Random, truth: Truth, content: Content) -> str:
    title = (content.title or "").replace("\n", "")
    tags = {
        "SiteName": truth.organ.site_name,
        "SiteIDCode": "5201000001",
        "ColumnName": "政府信息公开年报",
        "ArticleTitle": title,
        "PubDate": f"{content.published_on} 10:{rng.randint(10, 59)}",
        "ContentSource": rng.choice((truth.organ.name, truth.organ.site_name)),
    }
    if rng.random() < 0.5:
        return "".join(f'<meta name="{name}" content="{escape(value)}"/>' for name, value in tags.items())
    return "".join(f'<meta content="{escape(value)}" name="{name}">' for name, value in tags.items())


def _navigation() -> str:
    items = "".join(f'<li><a href="/{index}/">{word}</a></li>' for index, word in enumerate(_MENU))
    return f"<div class='nav'><ul>{items}</ul></div><div>当前位置：首页 &gt; 政府信息公开年报</div>"


def _footer(truth: Truth) -> str:
    site = escape(truth.organ.site_name)
    return f"<div class='footer'><p>主办：{site}　标识码：5201000001</p><p>浏览次数：1234 打印</p></div>"


def _metadata_table(rng: Random, truth: Truth, content: Content) -> str:
    title = (content.title or "").replace("\n", "")
    rows = (
        ("索 引 号", content.index_number, "分　　类", rng.choice(("政府信息公开年报", ""))),
        ("发布机构", truth.organ.name, "发文日期", str(content.published_on)),
        ("名　　称", title, "文　　号", ""),
    )
    cells = "".join("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table class='xxgk'>{cells}</table>"
