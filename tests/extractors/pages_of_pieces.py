"""Pages put together from pieces of Word's and other tools' markup, sound and unsound, drawn by chance."""

# ruff: noqa: E501
from __future__ import annotations

from random import Random

STYLES = (
    *("color:red", "font-size:16.0pt;mso-font-kerning:0pt", "display:none", "DISPLAY : none;height:0", "visibility:hidden"),
    *("visibility: collapse", "mso-hide:all", "text-decoration:line-through", "vertical-align:super", "vertical-align:2pt"),
    *("vertical-align:middle", "dis&#112;lay:none", "background:url(a:b)", "", "x:'y'"),
)  # fmt: skip
ATTRIBUTES = (
    *('class="MsoNormal"', "lang=EN-US", "class=gone", 'id="gongkai-grid-0"', "hidden", "Hidden=''", 'hidden="until-found"'),
    *('title="a hidden b"', 'title="a>b"', "title='<!--'", "title='</td>'", 'title="&amp;"', "nowrap", "a=b=c", "style"),
    *("hidden/", "/", '"', "x='", "xml:lang=\"zh\"", "data-hidden=1", 'style="display:none" style=""', "align=center"),
)  # fmt: skip
SPANS = (
    *('rowspan="2"', "colspan=3", "COLSPAN='2'", 'rowspan="0"', 'colspan="x"', 'rowspan=" 2"', "colspan", 'colspan=""'),
    *('rowspan="2" colspan="2"', 'colspan="2" rowspan="3"', 'colspan="2" colspan="4"', "colspan=2px", 'rowspan="99999"'),
    *('colspan = "2"', "colspan=\n2", "colspan=2/", "ROWSPAN=2 rowspan=3", 'x-colspan="3"'),
)  # fmt: skip
TEXTS = (
    *("0", "12", "8件", "规章", "行政许可", " ", "\n", "\u3000", "\u00a0", "1 234", "2\n5", "a|b|c", "| 1 | 2 |", "总计", "- 4 -"),
    *("&nbsp;", "&amp;", "&lt;", "&gt", "&#53;", "&#x35;", "&#5", "&#", "&", "&amp", "&notit;", "&copy5", "&#0;", "&#128;"),
    *("5>3", "-->", "--!>", "]]>", "\x0c", "\r", "\t", "\x01", "{}", ".gone{display:none}", "display:none", "：", "http://a"),
    *("\ue000", "\ufeff", "\u200b", "长" * 510, "字" * 130),
)  # fmt: skip
ORNAMENTS = ("span", "font", "b", "strong", "i", "em", "u", "o:p", "SPAN", "Font")
BLOCKS = (
    "p",
    "div",
    "center",
    "h3",
    "h1",
    "ul",
    "li",
    "section",
    "form",
    "dl",
    "dd",
    "pre",
    "blockquote",
    "address",
    "P",
)
INLINE = (
    "a",
    "sup",
    "sub",
    "s",
    "del",
    "strike",
    "ruby",
    "rt",
    "code",
    "nobr",
    "big",
    "small",
    "label",
    "st1:date",
    "v:shape",
)
UNPRINTED = (
    *("script", "style", "textarea", "title", "iframe", "noscript", "select", "option", "template", "object", "xml", "svg"),
    *("math", "xmp", "noembed", "button", "canvas", "plaintext", "listing", "marquee", "applet", "details", "summary"),
)  # fmt: skip
TABLE_PARTS = ("table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup", "col")
WHOLE = (
    *("<br>", "<br/>", "<BR >", "</br>", "<hr>", "<img src=/a.jpg>", "<img src='x&amp;y.png' alt=1>", "<img src=icon.gif>"),
    *('<a href="/a.pdf">附件</a>', '<a href="a.doc?x=1">', '<a href="#_ftn1">1</a>', "<a href='x'>y</a>", "<input value=3>"),
    *("<!-- x -->", "<!--[if gte mso 9]><xml><w:View>Normal</w:View></xml><![endif]-->", "<!--", "-->", "<!-->", "<!--->"),
    *("<!-- <table><tr><td>7</td></tr></table> -->", "<!-- </td> -->", "<!-- a --!>", "<!-- <!-- 1 --> 2 -->", "<!x>", "<?xml:namespace prefix = o />"),
    *("<![endif]>", "<![CDATA[ 5 ]]>", "<!DOCTYPE html>", "</>", "<>", "< 5", "<5>", "</ td>", "<td", "</td >", "</TD>", "</td\n>", "</th>"),
    *("<style>.gone{display:none}</style>", "<style>.x{color:red}</style>", "<style><!-- p.MsoNormal{margin:0} --></style>"),
    *("<style>@media print{.gone{visibility:hidden}}</style>", "<style>td.gone,tr.gone{DISPLAY:none}</style>"),
    *("<script>document.write('<table><tr><td>9</td></tr></table>')</script>", "<script><!-- \n x</td> //--></script>"),
    *("<script>a<b</script>", "<textarea><td>1</td></textarea>", "<title>甲<b>乙</b></title>", "<title>年报</title>"),
    *("<iframe><td>1</td></iframe>", "<select><option>3</option></select>", "<meta name=PubDate content='2022-01-25'>"),
    *('<meta content="规章 &amp; 1" property="x">', "<meta name=a>", "<base href=/>", "<link rel=x>", "<body>", "</body>", "</html>", "<html>"),
    *("<head>", "</head>", "<frameset>", "<frame>", "<gongkai-grid-0>", '<table id="gongkai-grid-0"></table>', '<table id="gongkai-grid-7"></table>'),
    *("<td><p>3</p></td>", "<tr><td>5</td><td>6</td></tr>", "<table><tr><td>1</td></tr></table>", "</table>", "</tr>", "<tr>"),
)  # fmt: skip


HARMLESS = (
    *('class="MsoNormal"', "lang=EN-US", "align=center", "nowrap", "style='color:red'", 'style="vertical-align:middle"'),
    *('style="font-size:16.0pt;mso-font-kerning:0pt"', "width=85", "style", 'title="甲 乙"', 'title="a colspan=3"', "title='x rowspan=\"2\"'"),
)  # fmt: skip
PRINTED = (
    "0",
    "12",
    "8件",
    "规章",
    "行政许可",
    " ",
    "\n",
    "\u3000",
    "\u00a0",
    "1 234",
    "总计",
    "&nbsp;",
    "&amp;",
    "字" * 130,
    "2：3",
)
ONE_SPAN = ('rowspan="2"', "colspan=3", "COLSPAN='2'", 'rowspan="2" colspan="2"', 'colspan="2" rowspan="3"')


def _attributes(rng: Random, oddity: float, *, spans: bool = False) -> str:
    drawn = []
    while rng.random() < 0.35:
        if spans and rng.random() < 0.5:
            drawn.append(rng.choice(SPANS if rng.random() < oddity else ONE_SPAN))
        elif rng.random() > oddity:
            drawn.append(rng.choice(HARMLESS))
        elif rng.random() < 0.5:
            quote = rng.choice("\"'")
            drawn.append(f"style={quote}{rng.choice(STYLES).replace(quote, '')}{quote}")
        else:
            drawn.append(rng.choice(ATTRIBUTES))
    return "".join(
        rng.choice((" ", "\n", "  ", "\x0b" if rng.random() < oddity else "\t")) + attribute
        for attribute in drawn
    )


def _dressed(rng: Random, oddity: float, text: str) -> str:
    """A text in ornament, most of it closed."""
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        tag = rng.choice(ORNAMENTS)
        closing = "" if rng.random() < oddity / 2 else f"</{tag}>"
        text = f"<{tag}{_attributes(rng, oddity)}>{text}{closing}"
    return text


def _text(rng: Random, oddity: float) -> str:
    texts = (
        rng.choice(TEXTS if rng.random() < oddity else PRINTED) for _ in range(rng.choice((0, 1, 1, 1, 2)))
    )
    return "".join(_dressed(rng, oddity, text) for text in texts)


def _cell(rng: Random, oddity: float) -> str:
    tag = "th" if rng.random() < 0.1 else "td"
    content = _text(rng, oddity)
    if rng.random() < 0.4:
        content = f"<p{_attributes(rng, oddity)}>{content}" + rng.choice(("</p>", "</p>", "</p>", ""))
    if rng.random() < oddity:
        content += _piece(rng, oddity)
    closing = f"</{tag}>" if rng.random() > oddity / 2 else ""
    return f"<{tag}{_attributes(rng, oddity, spans=True)}>{content}{closing}"


def _table(rng: Random, oddity: float) -> str:
    rows = []
    for _ in range(rng.choice((1, 2, 3))):
        cells = rng.choice(("", "", "\n")).join(_cell(rng, oddity) for _ in range(rng.choice((1, 2, 3))))
        hidden = rng.choice((" hidden", ' style="display:none"')) if rng.random() < 0.15 else ""
        rows.append(f"<tr{hidden or _attributes(rng, oddity)}>{cells}</tr>")
        if rng.random() < oddity / 2:
            rows.append(_piece(rng, oddity))
    inside = rng.choice(("", "", "\n")).join(rows)
    if rng.random() < 0.3:
        inside = f"<tbody>{inside}</tbody>"
    return f"<table{_attributes(rng, oddity)}>{inside}" + ("</table>" if rng.random() > oddity / 3 else "")


def _piece(rng: Random, oddity: float) -> str:
    """Anything at all."""
    kind = rng.random()
    if kind < 0.35:
        return rng.choice(WHOLE)
    if kind < 0.5:
        return _text(rng, oddity)
    tag = rng.choice((BLOCKS, INLINE, UNPRINTED, TABLE_PARTS, ORNAMENTS)[rng.randrange(5)])
    if kind < 0.6:
        return f"</{tag}>"
    opened = f"<{tag}{_attributes(rng, oddity, spans=True)}>"
    return opened if kind < 0.7 else f"{opened}{_text(rng, oddity)}</{tag}>"


def page_of_pieces(rng: Random) -> bytes:
    """A page in UTF-8; from one where all is as Word writes it to one where hardly anything is."""
    oddity = rng.choice((0.0, 0.02, 0.1, 0.4))
    parts = []
    if rng.random() < 0.7:
        title = (
            f"<title>{rng.choice(TEXTS if rng.random() < oddity else PRINTED)}</title>"
            if rng.random() < 0.7
            else ""
        )
        parts.append(f"<!DOCTYPE html><html><head>{title}<meta name=a content=b></head>\n<body>")
    for _ in range(rng.choice((1, 2, 4, 6))):
        kind = rng.random()
        if kind < 0.35:
            parts.append(_table(rng, oddity))
        elif kind < 0.7:
            tag = rng.choice(BLOCKS if rng.random() < oddity else ("p", "div", "center", "h3", "section"))
            parts.append(f"<{tag}{_attributes(rng, oddity)}>{_text(rng, oddity)}</{tag}>")
        elif kind < 0.8:
            parts.append(_text(rng, oddity))
        elif rng.random() < 2 * oddity:
            parts.append(_piece(rng, oddity))
    page = "\n".join(parts) if rng.random() < 0.5 else "".join(parts)
    return page.encode()


def mangled(rng: Random, page: bytes, pages: list[bytes]) -> bytes:
    """A page with one or a few of its pieces lost, doubled, moved, or strange ones among them; or cut."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        pieces = page.split(b"<")
        at, to = rng.randrange(len(pieces)), rng.randrange(len(pieces))
        kind = rng.randrange(7)
        if kind == 0:
            del pieces[at]
        elif kind == 1:
            pieces.insert(to, pieces[at])
        elif kind == 2:
            pieces[at], pieces[to] = pieces[to], pieces[at]
        elif kind == 3:
            pieces[at] += _piece(rng, 0.4).encode()
        elif kind == 4:
            other = rng.choice(pages).split(b"<")
            pieces.insert(at, rng.choice(other))
        elif kind == 5:
            pieces[at] = pieces[at].replace(b">", rng.choice((b"", b">>", b" ", b"/>")), 1)
        page = b"<".join(pieces)
        if kind == 6:
            odd = rng.randrange(len(page) + 1)
            page = (
                page[:odd]
                + rng.choice((b"<", b">", b"&", b'"', b"'", b"=", b"/", b"\n", b""))
                + page[odd + 1 :]
            )
    return page.decode(errors="ignore").encode()
