"""The classifier on synthetic answers built from public signatures, and on pages that only look like them."""

from __future__ import annotations

import time

import pytest

from crawlers.challenges import classify
from crawlers.markup import text_of, visible_text
from crawlers.outcomes import Outcome

LONG = "<p>" + "本机关主动公开政府信息，依法办理依申请公开。" * 80 + "</p>"
SMALL: dict[str, tuple[int, str, Outcome, str]] = {
    "ruishu 412": (
        412,
        "<meta r='m'><script>$_ts=window['$_ts'];if(!$_ts)$_ts={};</script>",
        Outcome.CHALLENGE,
        "ruishu",
    ),
    "ruishu 202": (202, "<script>$_ts.cd='x'</script>", Outcome.CHALLENGE, "ruishu"),
    "jiasule": (521, "<script>document.cookie=('_')+('_')+('j')</script>", Outcome.CHALLENGE, "jiasule"),
    "jiasule go": (
        521,
        '<script>go({"bts":["1"],"tn":"__jsl_clearance_s"})</script>',
        Outcome.CHALLENGE,
        "jiasule",
    ),
    "aliyun": (200, "<script>var arg1='" + "0A" * 20 + "';</script>", Outcome.CHALLENGE, "aliyun"),
    "wzws": (200, "<script>var wzwsquestion='x'</script>", Outcome.CHALLENGE, "wzws"),
    "edgeone": (200, "<script>document.cookie='EO_Bot_Ssid=1'</script>", Outcome.CHALLENGE, "edgeone"),
    "edgeone 566": (566, "<html></html>", Outcome.CHALLENGE, "edgeone"),
    "yunsuo": (200, "<script>security_session_verify</script>", Outcome.CHALLENGE, "yunsuo"),
    "safeline": (468, "<div id='slg-box'></div>", Outcome.CHALLENGE, "safeline"),
    "huawei": (418, "<html></html>", Outcome.CHALLENGE, "huawei"),
    "chuangyudun": (403, "<h1>当前访问疑似黑客攻击，已被创宇盾拦截</h1>", Outcome.BLOCKED, "chuangyudun"),
    "aliyun block": (
        405,
        "<p>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</p>",
        Outcome.BLOCKED,
        "aliyun",
    ),
    "too often": (200, "<p>您的访问过于频繁，请稍后再试</p>", Outcome.BLOCKED, "generic"),
    "abroad": (403, "<p>本网站仅限中国境内用户访问</p>", Outcome.BLOCKED, "generic"),
    "plain 403": (403, "<h1>403 Forbidden</h1>", Outcome.BLOCKED, "403"),
    "soft 404": (200, "<p>您访问的页面不存在或已删除</p>", Outcome.SOFT404, ""),
    "404": (404, "<p>找不到页面</p>", Outcome.GONE, "404"),
    "maintenance": (503, "<p>系统维护中</p>", Outcome.MAINTENANCE, ""),
    "shell": (
        200,
        "<script>window.location='/index_1.html'</script>",
        Outcome.REDIRECT_SHELL,
        "/index_1.html",
    ),
    "refresh": (200, '<meta http-equiv="refresh" content="0; url=\'/a/\'">', Outcome.REDIRECT_SHELL, "/a/"),
    "app": (200, '<div id="app"></div><script src="x.js"></script>', Outcome.SCRIPT_SHELL, ""),
    "blank": (200, "<html><body> &nbsp; </body></html>", Outcome.EMPTY, ""),
    "304": (304, "", Outcome.NOT_MODIFIED, ""),
    "429": (429, "x", Outcome.THROTTLED, "429"),
    "500": (500, "<h1>Internal Server Error</h1>", Outcome.SERVER_ERROR, "500"),
}


@pytest.mark.parametrize("name", SMALL)
def test_what_stands_in_a_pages_place_is_recognised(name: str) -> None:
    status, body, outcome, detail = SMALL[name]
    verdict = classify(status, {}, f"<html><head></head><body>{body}</body></html>".encode())
    assert (verdict.outcome, verdict.detail) == (outcome, detail)
    in_gbk = classify(
        status, {"content-type": "text/html"}, f"<html><body>{body}</body></html>".encode("gb18030")
    )
    assert in_gbk.outcome is outcome


@pytest.mark.parametrize(
    "extra",
    [
        "<script>$_ts=window['$_ts']</script>",
        "<script>document.cookie=('a')</script><p>网站正在升级</p>",
        "<p>系统维护与网站升级工作有序开展，访问过于频繁的账号</p>",
        "<script>location.href='/x'</script>",
        '<div id="app"></div>',
    ],
)
def test_a_genuine_page_that_carries_a_signature_is_a_page(extra: str) -> None:
    assert classify(200, {}, f"<html>{extra}{LONG}</html>".encode()).outcome is Outcome.OK


def test_a_page_of_pictures_or_attachments_is_thin_and_good() -> None:
    for body in (
        '<img src="1.jpg"><img src="2.jpg">',
        '<p>见附件</p><a href="/P0.pdf">附件</a>',
        '<iframe src="/a.pdf">',
    ):
        verdict = classify(200, {}, f"<html><body>{body}</body></html>".encode())
        assert (verdict.outcome, verdict.flags) == (Outcome.OK, {"thin"})


def test_files_are_told_by_their_first_bytes() -> None:
    for body, kind in (
        (b"%PDF-1.4", "pdf"),
        (b"PK\x03\x04", "zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    ):
        assert classify(200, {"content-type": "text/html"}, body).detail == kind


@pytest.mark.parametrize(
    "bomb", ["<script>" * 60_000, "<!--" * 100_000, "<head>" * 70_000, "<meta " * 70_000, "<a " * 130_000]
)
def test_hostile_markup_takes_linear_time(bomb: str) -> None:
    began = time.perf_counter()
    classify(200, {}, bomb.encode())
    assert time.perf_counter() - began < 3.0


def test_visible_text_leaves_out_what_is_hidden() -> None:
    hidden = "<head><title>t</title></head><style>a{}</style><!-- c -->"
    markup = hidden + "<p>公 开&nbsp;信息</p><script>x<y</script>完"
    assert visible_text(markup, 100) == "公开信息完"
    assert len(visible_text("<p>" + "字" * 5000, 50)) >= 50


def test_no_tag_is_cut_in_two_and_taken_for_text() -> None:
    """Long pages are looked at slice by slice; wherever a slice might end, the page reads the same."""
    for filler in range(0, 6000, 7):
        markup = (
            "字" * filler + f'<a title="{"x" * 200}">年报</a><script>{"y" * 90}</script>&nbsp;完<!-- z -->'
        )
        assert visible_text(markup, 1 << 20) == "字" * filler + "年报完"


CHARSETS: list[tuple[str, str, str | None, str]] = [
    ("utf-8", "utf-8", "utf-8", ""),
    ("utf-8", "nothing", None, ""),
    ("utf-8", "gb2312 by header", "gb2312", ""),
    ("utf-8", "gb2312 by meta", None, "gb2312"),
    ("utf-8", "iso-8859-1", "iso-8859-1", ""),
    ("utf-8-sig", "nothing", None, ""),
    ("utf-16", "nothing", None, ""),
    ("gb18030", "gbk", "gbk", ""),
    ("gb18030", "gb2312 by header", "gb2312", ""),
    ("gb18030", "gb2312 by meta", None, "gb2312"),
    ("gb18030", "nothing", None, ""),
    ("gb18030", "utf-8 by header", "utf-8", ""),
    ("gb18030", "utf-8 by meta", None, "utf-8"),
    ("gb18030", "iso-8859-1", "iso-8859-1", ""),
    ("gb18030", "nonsense", "x-unknown", "x-unknown"),
    ("big5", "big5", "big5", ""),
]


@pytest.mark.parametrize(
    ("encoding", "said", "header", "meta"), CHARSETS, ids=[f"{c[0]} said {c[1]}" for c in CHARSETS]
)
def test_text_is_exact_whatever_charset_is_declared(
    encoding: str, said: str, header: str | None, meta: str
) -> None:
    del said
    text = "政府信息公開年報" if encoding == "big5" else "政府信息公开年报，镕（朱镕基）、䶮"
    page = (f'<meta charset="{meta}">' if meta else "") + text
    assert text_of(page.encode(encoding), header) == page
