"""Arbitrary bytes and mangled pages: only the named errors, in bounded time, and no figure that is not in the page."""

from __future__ import annotations

import random
import re
import time

from golden_cases import CASES, load_case, read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extractors.charset import decode
from extractors.errors import ExtractorError

LONGEST_READING = 2.0
"""Seconds that no input may take, however mangled."""
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


def read_if_possible(content: bytes) -> None:
    begin = time.process_time()
    try:
        reading = read(content)
    except ExtractorError:
        return
    finally:
        assert time.process_time() - begin < LONGEST_READING
    text = re.sub(r"\s", "", decode(content).text)
    digits = set(re.findall(r"[0-9０-９]+", text.replace(",", "").replace("，", "")))
    entities = "&#" in text
    for key, (value, _) in reading.cells.items():
        if value and value == int(value) and not entities and key[2] != "amount":
            shown = str(abs(int(value)))
            wide = shown.translate({ord(d): ord(d) + 0xFEE0 for d in "0123456789"})
            assert any(shown in run or wide in run for run in digits), (key, value)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(st.binary(max_size=4000))
def test_arbitrary_bytes(content: bytes) -> None:
    read_if_possible(content)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(
    st.lists(
        st.sampled_from(
            [
                *(
                    "规章",
                    "| ",
                    "|",
                    "\n",
                    "0",
                    "12",
                    "信息内容",
                    "行政许可",
                    "本年处理决定数量",
                    "第二十条第(一)项",
                ),
                *(
                    "总计",
                    "其他",
                    "自然人",
                    "商业企业",
                    "一、本年新收政府信息公开申请数量",
                    "(七)总计",
                    "---",
                    "  ",
                    "\t",
                ),
                *(
                    "四、结转下年度继续办理",
                    "<td>",
                    "<table>",
                    "</tr>",
                    "<tr>",
                    "行政复议",
                    "结果维持",
                    "-",
                    "\u3000",
                ),
                *("未经复议直接起诉", "二〇二一年", "法人或其他组织", "小计", "1.属于国家秘密"),
            ]
        ),
        max_size=300,
    )
)
def test_words_of_the_form_in_any_order(words: list[str]) -> None:
    read_if_possible("".join(words).encode())


def test_mangled_golden_pages() -> None:
    rng = random.Random(20211)
    for name in CASES:
        content = bytearray(load_case(name).content)
        for _ in range(3):
            for _ in range(rng.randrange(1, 60)):
                at = rng.randrange(len(content))
                choice = rng.randrange(3)
                if choice == 0:
                    content[at] = rng.randrange(256)
                elif choice == 1:
                    del content[at : at + rng.randrange(1, 40)]
                else:
                    content[at:at] = content[: rng.randrange(1, 60)]
            read_if_possible(bytes(content))


def test_deep_and_wide_markup_costs_little() -> None:
    nested = b"<table><tr><td>" * 4000 + b"1" + b"</td></tr></table>" * 4000
    fonts = b"<body><table><tr><td>" + b"<font>" * 200_000 + "规章".encode() + b"</td><td>3</td></table>"
    spans = b"<table><tr>" + b"<td colspan=9999 rowspan=9999>1</td>" * 3000 + b"</tr></table>"
    pipes = ("|" * 500_000 + "规章|1|2|3|").encode()
    rows = b"<table>" + b"<tr><td>1</td></tr>" * 60_000 + b"</table>"
    for content in (nested, fonts, spans, pipes, rows):
        read_if_possible(content)
