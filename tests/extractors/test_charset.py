"""Bytes to text: right, false and absent declarations, texts cut inside a character, damage that is counted."""

from __future__ import annotations

from encodings.aliases import aliases
from itertools import product

import pytest

from extractors.charset import DAMAGED, decode, is_utf8

TEXT = "规章 12 行政规范性文件"
RARE = "朱镕基、喆"
"""Characters of GBK that GB 2312 lacks: pages declared as gb2312 hold them all the same."""
RAREST = "𠀀"
"""Four bytes in GB 18030."""
TRADITIONAL = "政府資訊公開 12"


def page(text: str, charset: str) -> str:
    return f'<meta charset="{charset}"><p>{text}'


@pytest.mark.parametrize(
    ("content", "transport", "text", "charset"),
    [
        pytest.param(b"\xef\xbb\xbf" + TEXT.encode(), None, TEXT, "utf-8", id="byte-order mark of UTF-8"),
        pytest.param(
            b"\xff\xfe" + TEXT.encode("utf-16-le"), "gbk", TEXT, "utf-16-le", id="little-endian UTF-16"
        ),
        pytest.param(b"\xfe\xff" + TEXT.encode("utf-16-be"), None, TEXT, "utf-16-be", id="big-endian UTF-16"),
        pytest.param(TEXT.encode(), None, TEXT, "utf-8", id="UTF-8, undeclared"),
        pytest.param(page(TEXT, "gb2312").encode(), None, TEXT, "utf-8", id="UTF-8 declared gb2312"),
        pytest.param(TEXT.encode(), "iso-8859-1", TEXT, "utf-8", id="UTF-8 sent as ISO 8859-1"),
        pytest.param(page(TEXT, "utf-16").encode(), None, TEXT, "utf-8", id="UTF-8 declared utf-16"),
        pytest.param(page(TEXT, "gb2312").encode("gb2312"), None, TEXT, "gb18030", id="GB 2312, declared"),
        pytest.param(page(RARE, "gb2312").encode("gbk"), None, RARE, "gb18030", id="GBK declared gb2312"),
        pytest.param(
            page(RAREST, "gbk").encode("gb18030"), None, RAREST, "gb18030", id="GB 18030 declared gbk"
        ),
        pytest.param(TEXT.encode("gbk"), None, TEXT, "gb18030", id="GBK, undeclared"),
        pytest.param(page(TEXT, "utf-8").encode("gbk"), None, TEXT, "gb18030", id="GBK declared utf-8"),
        pytest.param(
            page(TEXT, "iso-8859-1").encode("gbk"), "iso-8859-1", TEXT, "gb18030", id="GBK as ISO 8859-1"
        ),
        pytest.param(
            page(TEXT, "x-klingon").encode("gbk"),
            "",
            TEXT,
            "gb18030",
            id="GBK under a name that is no charset",
        ),
        pytest.param(
            page(TRADITIONAL, "big5").encode("big5"), None, TRADITIONAL, "big5", id="Big5, declared"
        ),
        pytest.param(
            TRADITIONAL.encode("big5"), "Big5", TRADITIONAL, "big5", id="Big5 named by the transport"
        ),
    ],
)
def test_bytes_decide_and_declarations_hint(
    content: bytes, transport: str | None, text: str, charset: str
) -> None:
    decoded = decode(content, transport)
    assert decoded.text.endswith(text)
    assert (decoded.charset, decoded.damaged) == (charset, 0)


def test_an_old_meta_tag_declares_as_a_new_one_does() -> None:
    tag = "<META http-equiv=Content-Type content='text/html; charset=Big5'>"
    assert decode((tag + TRADITIONAL).encode("big5")).text == tag + TRADITIONAL


@pytest.mark.parametrize("name", sorted({*aliases.values(), "undefined", "unicode_escape", "idna", "hex"}))
def test_no_declaration_is_an_error_or_makes_other_text_of_gbk(name: str) -> None:
    """Whatever Python knows under a name: single bytes that decode anything, codecs of no text."""
    told = [decode(page(TEXT, name).encode("gbk"), transport) for transport in (None, name)]
    if name in {"big5", "big5hkscs"}:
        assert all(decoded.text for decoded in told)
    else:
        assert {decoded.text for decoded in told} == {page(TEXT, name)}


def test_the_transport_goes_before_the_page() -> None:
    assert decode(page(TRADITIONAL, "gbk").encode("big5"), "big5").text.endswith(TRADITIONAL)


@pytest.mark.parametrize(("missing", "left_over"), [(1, 2), (2, 1)])
def test_utf_8_cut_inside_its_last_character_is_utf_8_still(missing: int, left_over: int) -> None:
    decoded = decode(TEXT.encode()[:-missing])
    assert (decoded.text, decoded.charset, decoded.damaged) == (TEXT[:-1], "utf-8", left_over)


def test_a_byte_order_mark_does_not_hide_a_cut() -> None:
    decoded = decode(b"\xff\xfe" + TEXT.encode("utf-16-le")[:-1])
    assert (decoded.text, decoded.damaged) == (TEXT[:-1] + DAMAGED, 1)


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_gb_18030_cut_inside_its_last_character_shows_the_damage(missing: int) -> None:
    decoded = decode((TEXT + RAREST).encode("gb18030")[:-missing])
    assert decoded.text == TEXT + DAMAGED
    assert (decoded.charset, decoded.damaged) == ("gb18030", 1)


def test_a_damaged_byte_of_utf_8_is_marked_and_counted() -> None:
    content = bytearray((TEXT * 3).encode())
    content[-1] = 0xFF
    decoded = decode(bytes(content))
    assert decoded.charset == "utf-8"
    assert decoded.text.startswith(TEXT * 2 + TEXT[:-1])
    assert decoded.damaged == decoded.text.count(DAMAGED) > 0


def test_a_damaged_byte_of_gbk_is_marked_and_counted() -> None:
    content = TEXT.encode("gbk") + b"\xff" + TEXT.encode("gbk")
    decoded = decode(content)
    assert (decoded.text, decoded.charset, decoded.damaged) == (TEXT + DAMAGED + TEXT, "gb18030", 1)


def test_no_bytes_are_an_empty_text() -> None:
    assert decode(b"").text == ""


LONG = "规章" * 30_000
"""180,000 bytes in UTF-8: characters lie across every boundary at which a reader may take a piece."""


@pytest.mark.parametrize("shift", ["", "1", "12"])
def test_long_texts_are_utf_8_wherever_their_characters_lie(shift: str) -> None:
    content = (shift + LONG).encode()
    assert is_utf8(content)
    assert decode(content).text == shift + LONG


@pytest.mark.parametrize(
    "content",
    [
        LONG.encode() + b"\xff" + LONG.encode(),
        LONG.encode()[:-1],
        LONG.encode("gbk"),
        b"\xef\xbb\xbf" + LONG.encode(),
    ],
    ids=["a damaged byte", "cut", "another charset", "a byte-order mark"],
)
def test_what_is_not_plainly_utf_8_is_not_taken_for_it(content: bytes) -> None:
    assert not is_utf8(content)


def test_utf_8_is_what_strict_decoding_takes() -> None:
    seconds = (0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xFF)
    for first, second, rest in product(range(256), seconds, (b"", b"\x80", b"\x80\x80", b"\xbf\xbfz")):
        content = b"<p>" + bytes((first, second)) + rest
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            assert not is_utf8(content), content
        else:
            assert is_utf8(content), content
