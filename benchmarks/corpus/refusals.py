"""Pages that look like reports and must not be read as one, and two reports in one page."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from benchmarks.corpus.content import HEADINGS, Content, write_content
from benchmarks.corpus.documents import CorpusDocument
from benchmarks.corpus.pages import draw_dress, encode_page, write_page
from benchmarks.corpus.shapes import Shape, draw_shape, lay_out
from benchmarks.corpus.texts import LAYOUTS, write_text
from benchmarks.corpus.truths import CellTruth, Truth, draw_truth

_PROSE = "我单位认真落实政府信息公开各项要求，全年主动公开信息{a}条，办理行政许可{b}件，收到依申请公开{b}件。"


def draw_refusal(rng: Random, number: int) -> CorpusDocument:
    """One page of the kinds below, in turn."""
    kinds = tuple(_KINDS)
    kind = kinds[number % len(kinds)]
    return _KINDS[kind](rng, f"{kind}-{number:05d}")


def _page(name: str, kind: str, title: str, body: str) -> CorpusDocument:
    markup = (
        f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><div class='nav'>首页 规章 行政许可</div><div class='article'>{body}</div></body></html>"
    )
    source = f"http://www.yunchuan.gov.cn/zwgk/zfxxgknb/{name}.html"
    return CorpusDocument(name, kind, "refused", markup.encode(), (), source, refusal=kind)


def _text(name: str, kind: str, text: str) -> CorpusDocument:
    return CorpusDocument(name, kind, "refused", text.encode(), (), f"saved/{name}.txt", refusal=kind)


def _report(rng: Random, *, tame: bool = True) -> tuple[Truth, Content]:
    truth = draw_truth(rng)
    shape = draw_shape(rng, tame=tame)
    return truth, write_content(rng, truth, lay_out(rng, truth, shape))


def _line_deduplicated(rng: Random, name: str) -> CorpusDocument:
    """H: a crawler removed every line already seen on the page; figures lost their rows for good."""
    _, content = _report(rng)
    layout = LAYOUTS[rng.choice(("A", "A1", "A4", "D1", "B"))]
    menu = "首页\n政务公开\n" + ("规章\n" if rng.random() < 0.4 else "")
    seen: set[str] = set()
    kept = []
    for line in (menu + write_text(rng, content, layout)).split("\n"):
        if line.strip() and line.strip() not in seen:
            seen.add(line.strip())
            kept.append(line)
    return _text(name, "line_deduplicated", "\n".join(kept))


def _chapters(rng: Random, between: Callable[[int], str]) -> str:
    prose = f"<p>{_PROSE.format(a=rng.randint(1, 900), b=rng.randint(0, 90))}</p>"
    return "".join(
        f"<p>{heading}</p>" + (between(index) if index in (1, 2, 3) else prose)
        for index, heading in enumerate(HEADINGS)
    )


def _title(rng: Random) -> str:
    truth = draw_truth(rng)
    return f"{truth.organ.name}{truth.year}年政府信息公开工作年度报告"


def _images(rng: Random, name: str) -> CorpusDocument:
    body = _chapters(
        rng, lambda index: f"<p><img src='./W02022012{index}.png' alt='捕获{index}.PNG' width=640></p>"
    )
    return _page(name, "images", (title := _title(rng)), f"<h1>{title}</h1>{body}")


def _attachments(rng: Random, name: str) -> CorpusDocument:
    title = _title(rng)
    suffix = rng.choice(("pdf", "docx", "doc", "xls"))
    link = f"<p>附件：<a href='./P0202201250001.{suffix}'>{title}.{suffix}</a></p>"
    body = link if rng.random() < 0.5 else _chapters(rng, lambda _: "") + link
    return _page(name, "attachments", title, f"<h1>{title}</h1>{body}")


def _list_page(rng: Random, name: str) -> CorpusDocument:
    items = "".join(
        f"<li><a href='./t2022012{day}_{day}.html'>{_title(rng)}</a><span>2022-01-{day:02d}</span></li>"
        for day in range(4, 4 + rng.randint(8, 20))
    )
    return _page(name, "list_page", "政府信息公开年报", f"<ul>{items}</ul><div>上一页 1 2 3 下一页</div>")


def _notice(rng: Random, name: str) -> CorpusDocument:
    year = rng.randint(2019, 2023)
    title = f"关于做好{year}年政府信息公开工作年度报告编制发布工作的通知"
    points = "".join(
        f"<p>{number}、各单位应当于{year + 1}年1月31日前发布报告，报送材料{rng.randint(1, 3)}份。</p>"
        for number in "一二三四五六"
    )
    return _page(name, "notice", title, f"<h1>{title}</h1><p>各镇（街道），县直各单位：</p>{points}")


def _blank_form(rng: Random, name: str) -> CorpusDocument:
    """The form itself, as the norm's annex or as a notice's attachment pasted below it."""
    truth = draw_truth(rng)
    empty = truth.with_cells({key: CellTruth(None, "blank", "") for key in truth.cells})
    content = write_content(rng, empty, lay_out(rng, empty, Shape()))
    title = rng.choice(
        (
            "中华人民共和国政府信息公开工作年度报告格式",
            f"关于做好{truth.year}年政府信息公开工作年度报告编制工作的通知",
            "政府信息公开工作年度报告（模板）",
        )
    )
    body = tuple(
        piece if not isinstance(piece, tuple) or piece[0] == "heading" else ("paragraph", "（报告内容）")
        for piece in content.body
    )
    form = Content(title, False, content.published_on, content.index_number, body)
    dress = draw_dress(rng, bare=True)
    markup = write_page(rng, empty, form, "paragraphs", dress).replace(truth.organ.name, "")
    page, _ = encode_page(markup, "utf-8")
    source = f"http://www.yunchuan.gov.cn/zwgk/tzgg/{name}.html"
    return CorpusDocument(name, "blank_form", "refused", page, (), source, refusal="blank_form")


def _challenge(rng: Random, name: str) -> CorpusDocument:
    script = (
        f"var _0x={rng.randint(1, 9**9)};document.cookie='__jsl_clearance='+_0x+';path=/';location.reload();"
    )
    if rng.random() < 0.5:
        markup = f"<html><head><script>{script}</script></head><body></body></html>"
    else:
        markup = (
            "<html><head><title>访问验证</title></head><body><p>请开启JavaScript并刷新该页。</p>"
            f"<p>访问过于频繁，请完成安全验证。事件编号：{rng.randint(10**6, 10**7)}</p></body></html>"
        )
    source = f"http://www.yunchuan.gov.cn/art/2022/1/25/{name}.html"
    return CorpusDocument(name, "challenge", "refused", markup.encode(), (), source, refusal="challenge")


def _soft_404(rng: Random, name: str) -> CorpusDocument:
    words = rng.choice(("抱歉，您访问的页面不存在或已删除", "404 页面未找到", "您要访问的信息不存在！"))
    return _page(
        name,
        "soft_404",
        rng.choice(("404", "提示信息", "页面不存在")),
        f"<h2>{words}</h2><a href='/'>返回首页</a>",
    )


def _number_rows(rng: Random, name: str) -> CorpusDocument:
    """M: tables reduced to rows of numbers under glued headings."""
    rows = "\n".join(" | ".join(str(rng.randint(0, 9)) for _ in range(7)) + " |" for _ in range(25))
    last = " | ".join(str(rng.randint(0, 9)) for _ in range(15))
    parts = (
        _title(rng),
        HEADINGS[1],
        "0 | 0 | 3 |",
        HEADINGS[2],
        rows,
        HEADINGS[3],
        "行政复议行政诉讼",
        f"{last} |",
    )
    return _text(name, "number_rows", "\n".join(parts))


def _two_reports(rng: Random, name: str) -> CorpusDocument:
    """Two organs' reports in one page, each under its title: split, or refused; never mixed."""
    (one, first), (other, second) = _report(rng), _report(rng)
    body = (*first.body, ("heading", (second.title or "").replace("\n", "")), *second.body)
    both = Content(first.title, True, first.published_on, first.index_number, body)
    page, _ = encode_page(write_page(rng, one, both, "paragraphs", draw_dress(rng, bare=True)), "utf-8")
    source = f"http://www.yunchuan.gov.cn/zwgk/zfxxgknb/{name}.html"
    return CorpusDocument(name, "two_reports", "refused", page, (one, other), source, refusal="two_reports")


_KINDS: dict[str, Callable[[Random, str], CorpusDocument]] = {
    "line_deduplicated": _line_deduplicated,
    "images": _images,
    "attachments": _attachments,
    "list_page": _list_page,
    "notice": _notice,
    "blank_form": _blank_form,
    "challenge": _challenge,
    "soft_404": _soft_404,
    "number_rows": _number_rows,
    "two_reports": _two_reports,
}
