"""What stands in a page's place with the status of success does not put the last good version out of force, and a short
report that speaks of such things is a report."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fault_server import Answer, FaultServer, link_list, page, redirect, report, report_title

from crawlers.archive import Archive
from crawlers.events import CrawlSummary
from crawlers.records import SourceFigures

CrawlIt = Callable[..., CrawlSummary]
PDF = b"%PDF-1.4\n" + bytes(range(1, 256)) * 40 + b"\n%%EOF\n"
GOOD = report("r1")
SENTENCE = (
    "本报告根据《中华人民共和国政府信息公开条例》要求编制，包括总体情况、主动公开、依申请公开和存在的问题。"
)


def box(words: str, more: str = "") -> bytes:
    """An error page as sites make them: a few words and a way back."""
    back = '<p><a href="/">返回首页</a></p>'
    return f"<html><head><title>提示</title></head><body><div><h2>{words}</h2>{back}{more}</div></body></html>".encode()


def short_report(words: str) -> bytes:
    title = "某镇2012年政府信息公开工作年度报告"
    text = "".join(f"<p>{number}、{SENTENCE}</p>" for number in range(8))
    return (
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{text}{words}</body></html>".encode()
    )


def publish(server: FaultServer, answer: Answer, path: str = "/r1.html") -> None:
    server.pages["/list.html"] = link_list([(path, report_title(1)), ("/r2.html", report_title(2))])
    server.pages[path] = answer
    server.pages["/r2.html"] = page(report("r2"))
    server.pages["/"] = page(report("front"))


def figures(summary: CrawlSummary) -> SourceFigures:
    return summary.sources[0].figures


def in_force(archive: Archive, server: FaultServer, path: str = "/r1.html") -> list[bytes]:
    return [archive.read(kept.sha256) for kept in archive.pages() if kept.source == server.url(path)]


@pytest.mark.parametrize("words", ["本栏目换了新的说法", "Oops!", "该事项另行通知"])
def test_hardly_a_word_does_not_replace_a_page_with_text(
    words: str, server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, page(GOOD))
    crawl_it()
    server.pages["/r1.html"] = page(box(words))
    for _ in range(2):
        found = figures(crawl_it(revalidate_days=0.0))
        assert (found.state, found.failed, found.changed) == ("incomplete", 1, 0)
        assert found.reason == "1 pages failed (unproven 1)"
        assert in_force(archive, server) == [GOOD]
    versions = archive.versions(server.url("/r1.html"))
    assert [archive.read(version.sha256) for version in versions] == [GOOD, box(words)]
    server.pages["/r1.html"] = page(report("revised"))
    assert figures(crawl_it(revalidate_days=0.0)).changed == 1
    assert in_force(archive, server) == [report("revised")]


def test_a_web_page_does_not_replace_a_document_file(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    path = "/down.jsp?id=1"
    # The server calls it what it likes: the first bytes tell.
    publish(server, page(PDF, content_type="text/plain"), path)
    crawl_it()
    server.pages[path] = page(report("下载须知"))
    found = figures(crawl_it(revalidate_days=0.0))
    assert (found.state, found.failed, found.reason) == ("incomplete", 1, "1 pages failed (unproven 1)")
    assert in_force(archive, server, path) == [PDF]
    server.pages[path] = page(PDF + b"2")
    assert figures(crawl_it(revalidate_days=0.0)).changed == 1
    assert in_force(archive, server, path) == [PDF + b"2"]


def test_a_page_with_text_replaces_a_thin_one_and_a_thin_one_another(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, page(box("年度报告", '<img src="/1.gif">')))
    crawl_it()
    for body in (box("年度报告更正", '<img src="/2.gif">'), GOOD):
        server.pages["/r1.html"] = page(body)
        assert figures(crawl_it(revalidate_days=0.0)).changed == 1
        assert in_force(archive, server) == [body]


def test_hardly_a_word_does_not_replace_a_nearly_empty_page_with_its_document(
    server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    body = box("年度报告", '<a href="/f.pdf">附件</a>')
    publish(server, page(body))
    server.pages["/f.pdf"] = page(PDF, content_type="application/pdf")
    crawl_it()
    server.pages["/r1.html"] = page(box("本栏目换了新的说法"))
    assert figures(crawl_it(revalidate_days=0.0)).reason == "1 pages failed (unproven 1)"
    (kept,) = (found for found in archive.pages() if found.attached)
    assert (archive.read(kept.sha256), archive.read(kept.attached[0].sha256)) == (body, PDF)
    server.pages["/r1.html"] = page(box("年度报告更正", '<a href="/f.pdf">附件</a>'))
    assert figures(crawl_it(revalidate_days=0.0)).changed == 1


GONE = [
    "页面不存在",
    "您要访问的页面不存在",
    "您浏览的网页可能已被删除、重命名或暂时不可用",
    "无法找到该网页",
    "文章不存在或已被删除",
    "内容不存在",
    "该文章已删除",
    "页面找不到了",
    "对不起，你访问的页面不存在！",
    "HTTP Status 404 – 未找到",
    "Not Found",
    "The page cannot be found",
    "404",
    "文件不存在",
    "此信息已被删除",
]
BLOCKED = [
    "请先登录",
    "您没有权限查看该信息",
    "请输入验证码后继续访问",
    "操作过于频繁，请稍后再试",
    "安全验证",
    "Access Denied",
    "The requested URL was rejected. Please consult with your administrator.",
]
DOWN = [
    "系统繁忙，请稍后再试",
    "数据库连接失败，请稍后再试",
    "网站正在进行维护",
    "栏目正在建设中",
    "502 Bad Gateway nginx",
    "服务不可用",
]


@pytest.mark.parametrize(
    ("words", "result"),
    [(words, "gone") for words in GONE]
    + [(words, "blocked") for words in BLOCKED]
    + [(words, "maintenance") for words in DOWN],
)
def test_error_pages_in_words_are_known_the_first_time(
    words: str, result: str, server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, page(box(words)))
    crawl_it()
    known = archive.ledger.known_pages("city")
    results = {found.source.rpartition("/")[2]: found.last_result for found in known}
    assert results == {"r1.html": result, "r2.html": "new"}
    assert in_force(archive, server) == []


@pytest.mark.parametrize(
    "words",
    [
        "<p>申请信息不存在0件，同意公开5件。</p>",
        "<p>答复“该政府信息不存在”的2件，页面不存在的链接已经清理。</p>",
        "<p>群众反映在网站上找不到相关文件的问题得到解决。</p>",
        "<p>加强网站防火墙建设，落实专人负责，装了安全狗。</p>",
        "<noscript>请启用JavaScript</noscript>",
        "<p>解决了部分栏目访问受限的问题，系统繁忙的情况有所好转，网站正在进行维护。</p>",
        "<script>var m='Request blocked';var safedog=1;</script>",
        "<p>整改网站死链和404错误页面12个，针对该栏目暂未发布信息的情况整改。</p>",
    ],
)
def test_a_short_report_may_speak_of_what_error_pages_say(
    words: str, server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, page(short_report(words)))
    assert figures(crawl_it()) == SourceFigures("complete", "", listed=2, new=2)
    assert in_force(archive, server) == [short_report(words)]


@pytest.mark.parametrize(
    "more",
    [
        "<script>if(/iPhone/.test(navigator.userAgent)){location.href='/m/r1.html'}</script>",
        "<script>$_ts=window['$_ts'];$_ts.cd='x'</script>",
        "<p>系统升级说明</p>",
        "<noscript>请启用JavaScript</noscript>",
    ],
)
def test_a_nearly_empty_page_that_links_its_document_is_a_page(
    more: str, server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    body = box("年度报告", f'<a href="/f.pdf">附件</a>{more}')
    publish(server, page(body))
    server.pages["/f.pdf"] = page(PDF, content_type="application/pdf")
    assert figures(crawl_it()).new == 2
    assert in_force(archive, server) == [body]


LEADS: dict[str, Callable[[str], Answer]] = {
    "redirect": lambda to: redirect(to.encode()),
    "meta": lambda to: page(f'<html><meta http-equiv="refresh" content="0;url={to}"></html>'.encode()),
    "script": lambda to: page(f"<html><script>top.location='{to}'</script></html>".encode()),
}


@pytest.mark.parametrize("way", LEADS)
@pytest.mark.parametrize("to", ["/list.html", "/r2.html"])
def test_a_page_that_leads_to_its_list_or_another_report_is_gone(
    way: str, to: str, server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, page(GOOD))
    crawl_it()
    server.pages["/r1.html"] = LEADS[way](to)
    found = figures(crawl_it(revalidate_days=0.0))
    assert (found.gone, found.changed, found.unchanged) == (1, 0, 1)
    assert in_force(archive, server) == [GOOD]


@pytest.mark.parametrize("way", LEADS)
def test_a_page_that_moved_is_followed_to_its_new_address(
    way: str, server: FaultServer, archive: Archive, crawl_it: CrawlIt
) -> None:
    publish(server, LEADS[way]("/new/r1.html"))
    server.pages["/new/r1.html"] = page(GOOD)
    assert figures(crawl_it()).new == 2
    assert in_force(archive, server) == [GOOD]
