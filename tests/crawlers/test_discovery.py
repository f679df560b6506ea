"""From a home page to the annual-report column."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import quick_policy
from fault_server import FaultServer, link_list, page, report_title

from crawlers.discovery import propose
from crawlers.errors import BadAddress, ColumnNotFound

SAMPLE = Path(__file__).parents[2] / "data" / "sample_site"


def home(links: str) -> bytes:
    filler = "市政府门户网站首页新闻" * 60
    meta = '<meta name="SiteName" content="青溪县人民政府">'
    return f"<html><head>{meta}<title>首页</title></head><body><p>{filler}</p>{links}</body></html>".encode()


@pytest.mark.parametrize("named", ["政府信息公开年报", "政府信息公开工作年度报告", "信息公开年度报告"])
def test_the_column_is_found_by_its_name(named: str, server: FaultServer) -> None:
    server.pages["/"] = page(home(f'<a href="/nb/">{named}</a><a href="/zn/">政府信息公开指南</a>'))
    server.pages["/nb/"] = link_list((f"r{n}.html", report_title(n)) for n in range(3))
    found = propose(server.url("/"), quick_policy(allow=(server.opening,)), pause=0.0)
    assert (found.site_name, found.columns[0].url) == ("青溪县人民政府", server.url("/nb/"))
    assert [hit.path for hit in server.hits] == ["/robots.txt", "/", "/nb/"]
    site = found.as_site("qingxi")
    assert (site.lists, site.family, site.name) == ((server.url("/nb/"),), "plain", "青溪县人民政府")


def test_the_column_is_found_through_the_pages_that_lead_there(server: FaultServer) -> None:
    server.pages["/"] = page(home('<a href="/xw/">新闻</a><a href="/zwgk/">政务公开</a>'))
    server.pages["/zwgk/"] = page(home('<a href="/zfxxgk/">政府信息公开</a>'))
    server.pages["/zfxxgk/"] = page(home('<a href="/zfxxgk/zfxxgkndbg/">更多&gt;</a>'))
    server.pages["/zfxxgk/zfxxgkndbg/"] = link_list((f"r{n}.html", report_title(n)) for n in range(3))
    found = propose(server.url("/"), quick_policy(allow=(server.opening,)), pause=0.0)
    assert found.columns[0].url == server.url("/zfxxgk/zfxxgkndbg/")
    assert not server.asked("/xw/")


def test_a_column_given_directly_is_recognised(server: FaultServer) -> None:
    server.pages["/nb/"] = link_list((f"r{n}.html", report_title(n)) for n in range(3))
    found = propose(server.url("/nb/"), quick_policy(allow=(server.opening,)), pause=0.0)
    assert [len(column.reports) for column in found.columns] == [3]


def test_a_sitemap_helps_where_no_link_does(server: FaultServer) -> None:
    server.pages["/robots.txt"] = page(
        f"Sitemap: {server.url('/map.xml')}\n".encode(), content_type="text/plain"
    )
    server.pages["/"] = page(home(""))
    locations = "".join(f"<url><loc>{server.url(f'/zfxxgknb/t{n}.html')}</loc></url>" for n in range(3))
    server.pages["/map.xml"] = page(f"<urlset>{locations}</urlset>".encode(), content_type="text/xml")
    found = propose(server.url("/"), quick_policy(allow=(server.opening,)), pause=0.0)
    assert found.as_site("x").family == "sitemap"


def test_robots_hold_for_the_walk_too(server: FaultServer) -> None:
    server.pages["/robots.txt"] = page(b"User-agent: *\nDisallow: /nb/", content_type="text/plain")
    server.pages["/"] = page(home('<a href="/nb/">政府信息公开年报</a>'))
    with pytest.raises(ColumnNotFound, match="robots_disallowed"):
        propose(server.url("/"), quick_policy(allow=(server.opening,)), pause=0.0)
    assert not server.asked("/nb/")


def test_a_site_without_a_column_is_a_clear_error_after_few_requests(server: FaultServer) -> None:
    links = "".join(f'<a href="/p{n}/">政务公开</a>' for n in range(40))
    server.pages["/"] = page(home(links))
    for n in range(40):
        server.pages[f"/p{n}/"] = page(home(""))
    with pytest.raises(ColumnNotFound, match="no annual-report column"):
        propose(server.url("/"), quick_policy(allow=(server.opening,)), pause=0.0)
    assert len(server.hits) <= 16
    with pytest.raises(BadAddress):
        propose("qingxi", quick_policy())


@pytest.fixture
def sample_site() -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(SAMPLE))
    )
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def test_the_sample_sites_three_columns_are_found_from_its_home(sample_site: str) -> None:
    found = propose(f"http://{sample_site}/", quick_policy(allow=(sample_site,)), pause=0.0)
    assert {column.family for column in found.columns} == {"trs", "hanweb", "plain"}


SAVED = Path(__file__).parent / "saved"
UCAP_INTERFACE = "/common/search/0c3f5f1b7cb24a14b7f5e1cf02a3d9e4"

FROM_HOME: dict[str, tuple[str, dict[str, str]]] = {
    "trs": ("/nb/", {"/nb/": "trs.html"}),
    "hanweb": ("/col/col1/index.html", {"/col/col1/index.html": "hanweb.html"}),
    "gkmlpt": (
        "/gkmlpt/annualreport#1234",
        {"/gkmlpt/annualreport": "gkmlpt_annual.html", "/gkmlpt/api/all/1234": "gkmlpt_api.json"},
    ),
    "openness": ("/openness/OpennessAnnualReport/", {"/openness/OpennessAnnualReport/": "openness.html"}),
    "year_folders": ("/zfxxgknb/", {"/zfxxgknb/": "year_folders.html"}),
    "json": ("/nb/list.shtml", {"/nb/list.shtml": "ucap.html", UCAP_INTERFACE: "ucap_api.json"}),
    "plain": ("/xxgk/nb/", {"/xxgk/nb/": "plain_menu.html"}),
}
"""A family → the column's address as the home page links it, and the saved pages behind it."""


@pytest.mark.parametrize("family", FROM_HOME)
def test_each_family_is_found_from_the_home_page_alone(family: str, server: FaultServer) -> None:
    column, behind = FROM_HOME[family]
    server.pages["/"] = page(home(f'<a href="{column}">政府信息公开年报</a>'))
    for path, name in behind.items():
        server.pages[path] = page((SAVED / name).read_bytes())
    found = propose(server.url("/"), quick_policy(allow=(server.opening,)), pause=0.0)
    site = found.as_site("qingxi")
    assert (site.family, site.lists) == (family, (server.url(column),))
    assert len(found.columns[0].reports) >= 1
    assert len(server.hits) <= 5


def test_a_column_whose_list_stands_in_a_frame_is_found(server: FaultServer) -> None:
    server.pages["/"] = page(home('<a href="/gk/nb/">公开年报</a>'))
    server.pages["/gk/nb/"] = page((SAVED / "framed.html").read_bytes())
    server.pages["/gk/nb/nb_list.html"] = link_list((f"/r{n}.html", report_title(n)) for n in range(3))
    found = propose(server.url("/"), quick_policy(allow=(server.opening,)), pause=0.0)
    assert [(column.url, len(column.reports)) for column in found.columns] == [(server.url("/gk/nb/"), 3)]
