"""What stands around the tables: title, metadata, chapters' prose with label words and digits in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from benchmarks.corpus.shapes import ALL_IN_ONE, PrintedTable
from benchmarks.corpus.truths import Truth

Piece = tuple[str, str] | PrintedTable
"""("heading" | "paragraph", text), or a table."""


@dataclass(frozen=True, slots=True)
class Content:
    """A report before markup. `title` is None where the text has lost its head."""

    title: str | None
    names_organ: bool
    published_on: date
    index_number: str
    body: tuple[Piece, ...]


_TITLES = (
    "{organ}{year}年政府信息公开工作年度报告",
    "{organ}{year}年度政府信息公开工作年度报告",
    "{year}年{organ}政府信息公开工作年度报告",
    "{organ}{year}年政府信息公开年度报告",
    "{organ}{year}年信息公开年度报告",
    "{organ}{year}年政府信息公开工作报告",
    "{organ}{year}年政务信息公开年度报告",
    "{organ}{year}年政府信息公开工作年报",
    "{organ}{year}年政府信息公开年度工作报告",
    "{organ}关于{year}年度政府信息公开工作的年度报告",
    "{organ}政府信息公开{year}年度报告",
    "{organ}{year}年信息公开工作年度报告",
    "{organ}\n{year}年政府信息公开工作年度报告",
)

_OPENINGS = (
    "本报告根据《中华人民共和国政府信息公开条例》（国务院令第711号）要求编制，所列数据的统计期限自{year}年1月1日起至{year}年12月31日止。",
    "{year}年，{short}认真落实政府信息公开各项要求，主动公开信息{a}条，办理行政许可{b}件。",
    "根据要求，现公布{year}年度报告，统计期限为{year}年1月1日至{year}年12月31日。",
    "本报告由我单位编制，所列数据的统计期限自{year}1月1日至{year}12月31日止。",
)
_PROSE = (
    "全年收到依申请公开{a}件，予以公开{b}件，结转下年度继续办理{c}件，较上年增长10%。",
    "一是加强组织领导，明确专人负责；二是完善制度，全年公开规章{a}件、规范性文件{b}件。",
    "（一）主动公开。通过网站公开信息{a}条，其中政策解读{b}条，财政预决算{c}条。",
    "行政许可、行政处罚、行政强制等事项均按规定公示，总计{a}项。",
    "政府信息公开平台建设稳步推进，新媒体发布{a}篇，总计阅读{b}次。",
    "监督保障方面，组织业务培训{a}次，开展自查{b}次，未发生责任追究情形。",
    "工作中还存在一些不足：公开内容不够全面，解读形式单一，人员力量有待加强。",
    "下一步将深化重点领域公开，拓宽公开渠道，提升依申请公开办理质量。",
)
_LAST = (
    "本年度未收取信息处理费。",
    "无其他需要报告的事项。",
    "按照《政府信息公开信息处理费管理办法》，本年度收取信息处理费0元。",
)
HEADINGS = (
    "一、总体情况",
    "二、主动公开政府信息情况",
    "三、收到和处理政府信息公开申请情况",
    "四、政府信息公开行政复议、行政诉讼情况",
    "五、存在的主要问题及改进情况",
    "六、其他需要报告的事项",
)


_HEADING_VARIANTS = {
    1: ("二、主动公开政府信息情况：", "二、政府信息主动公开情况", "二 、主动公开政府信息情况"),
    2: (
        "三、收到和处理政府信息公开申请情况表",
        "三、政府信息依申请公开情况",
        "四、收到和处理政府信息公开申请情况",
    ),
    3: ("四、因政府信息公开工作被申请行政复议、提起行政诉讼情况", "五、政府信息公开行政复议、行政诉讼情况"),
    4: ("五、存在的主要问题及改进措施", "六、存在的主要问题及改进情况", "五、存在问题及改进情况"),
    5: ("六、其他需要报告的事项。", "七、其他需要报告的事项"),
}


def _vary_headings(rng: Random) -> list[str]:
    """The chapters' headings, one in four reports with other words or a wrong number in some."""
    headings = list(HEADINGS)
    if rng.random() < 0.25:
        for number in rng.sample(sorted(_HEADING_VARIANTS), 2):
            headings[number] = rng.choice(_HEADING_VARIANTS[number])
    return headings


def write_content(
    rng: Random, truth: Truth, tables: tuple[PrintedTable, ...], *, title: bool = True
) -> Content:
    """Title, prose and tables of a report in reading order."""
    organ, year = truth.organ.name, truth.year
    body: list[Piece] = []

    headings = _vary_headings(rng)

    def say(patterns: tuple[str, ...], count: int) -> None:
        for pattern in rng.sample(patterns, min(count, len(patterns))):
            a, b, c = rng.randint(1, 2000), rng.randint(0, 60), rng.randint(0, 9)
            text = pattern.format(year=year, a=a, b=b, c=c, short="我单位")
            body.append(("paragraph", text))

    say(_OPENINGS, 1)
    body.append(("heading", headings[0]))
    say(_PROSE[:6], rng.randint(2, 5))
    for number, name in ((1, "disclosures"), (2, "requests"), (3, "challenges")):
        body.append(("heading", headings[number]))
        if rng.random() < 0.1:
            body.append(("paragraph", "该部分以表格形式报告。表格如下："))
        body.extend(table for table in tables if table.table in (name, ALL_IN_ONE))
        if tables[0].table == ALL_IN_ONE:
            break
        if number == 1 and rng.random() < 0.05:
            body.append(("paragraph", f"本年度行政规范性文件发布总数量：{rng.randint(0, 20)}"))
    body.append(("heading", headings[4]))
    say(_PROSE[6:], 2)
    body.append(("heading", headings[5]))
    say(_LAST, 1)
    if rng.random() < 0.3:
        body += [("paragraph", organ), ("paragraph", f"{year + 1}年1月{rng.randint(5, 31)}日")]
    if not title and not any(str(year) in piece[1] for piece in body[:1] if isinstance(piece, tuple)):
        body.insert(0, ("paragraph", f"{year}年，我单位认真做好政府信息公开工作。"))
    signed = ("paragraph", organ) in body
    return Content(
        rng.choice(_TITLES).format(organ=organ, year=year) if title else None,
        title or signed,
        date(year + 1, rng.choice((1, 1, 1, 2, 3)), rng.randint(4, 28)),
        f"{rng.randint(10**8, 10**9 - 1)}/{year + 1}-{rng.randint(0, 99999):05d}",
        tuple(body),
    )
