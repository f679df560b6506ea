"""Labels as organs print them, brought to the key under which the codebook knows them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import opencc
import pytest
from golden_cases import books
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transforms.codebook_files import CONDITIONAL, simplified
from transforms.labels import key_function, without_brackets

CODEBOOK, _ = books()
key = key_function({"它": "他"})


@pytest.mark.parametrize(
    ("printed", "word"),
    [
        ("规章", "规章"),
        (" 规\n章\u3000", "规章"),
        ("规\u200b章", "规章"),
        ("規章", "规章"),
        ("規(guī)章", "规章"),
        ("其它", "其他"),
        ("（一）予以公开", "予以公开"),
        ("(一) 予以公开", "予以公开"),
        ("（ 六 ）其他处理", "其他处理"),
        ("一、本年新收", "本年新收"),
        ("1．属于国家秘密", "属于国家秘密"),
        ("1、属于国家秘密", "属于国家秘密"),
        ("１.属于国家秘密", "属于国家秘密"),
        ("10.要求", "要求"),
        ("3.危及“三安全一稳定”", "危及三安全一稳定"),
        ('危及"三安全一稳定"', "危及三安全一稳定"),
        ("本年增/减", "本年增减"),
        ("?。ㄒ唬属于国家秘密", "属于国家秘密"),
        ("三安全一稳定", "三安全一稳定"),
        ("第二十条  第(一)项", "第二十条第一项"),
        ("12", "12"),
        ("1.", "1"),
        ("", ""),
        ("……", ""),
    ],
)
def test_what_varies_is_left_out_and_what_means_something_is_kept(printed: str, word: str) -> None:
    assert key(printed) == word


@pytest.mark.parametrize(
    ("printed", "bare"),
    [
        ("本年收费金额（单位：万元）", "本年收费金额"),
        ("本年增/减（指2019年（含）事项数）", "本年增/减"),
        ("（六）其他处理", "其他处理"),
        ("规 章", "规章"),
        ("未闭合（括号", "未闭合(括号"),
    ],
)
def test_bracketed_additions_are_left_out(printed: str, bare: str) -> None:
    assert without_brackets(printed) == bare


def codes(printed: str) -> set[tuple[str, str, str]]:
    return {(mark.table, mark.kind, mark.code) for mark in CODEBOOK.marks_of(printed)}


def test_guidance_in_brackets_does_not_hide_a_label() -> None:
    guided = "（二）部分公开（区分处理的，只计这一情形，不计其他情形）"
    assert codes(guided) == {("requests", "item", "partially_granted")}
    assert codes("行政许可（指本机关办理的8件）") == {("disclosures", "item", "licensing")}


def test_carried_in_and_carried_forward_are_two_labels() -> None:
    assert codes("二、上年结转政府信息公开申请数量") == {("requests", "item", "carried_in")}
    assert codes("四、结转下年度继续办理") == {("requests", "item", "carried_forward")}


def test_a_shared_label_has_a_mark_for_each_use() -> None:
    assert codes("其它") == {
        ("requests", "applicant", "other_organization"),
        ("requests", "item", "other_other"),
    }
    assert codes("（七）总计") == {
        ("requests", "item", "outcome_total"),
        ("requests", "applicant", "total"),
        ("challenges", "result", "total"),
    }


@pytest.mark.parametrize("printed", ["规", "行政", "属于国家秘", "本年", "2021年", "5", "", "属于国家机密"])
def test_parts_of_labels_and_likenesses_are_unknown(printed: str) -> None:
    assert codes(printed) == set()


def converted_in_words(tmp_path: Path, dictionary: str) -> set[str]:
    """The characters that OpenCC converts within a word otherwise than alone, read from its own dictionary."""
    package = Path(opencc.__file__).parent / "clib"
    written = tmp_path / "words.txt"
    tool = [package / "bin" / "opencc_dict", "-f", "ocd2", "-t", "text"]
    subprocess.run(
        [*tool, "-i", package / "share" / "opencc" / dictionary, "-o", written],
        check=True,
        stdout=subprocess.PIPE,
    )
    convert = opencc.OpenCC("t2s").convert
    found = set()
    for line in written.read_text(encoding="utf-8").splitlines():
        word, _, meant = line.partition("\t")
        meant = meant.split(" ")[0]
        assert len(word) == len(meant)
        found |= {was for was, now in zip(word, meant, strict=True) if was != now != convert(was)}
    return found


def test_the_characters_whose_conversion_depends_on_their_word_are_all_known(tmp_path: Path) -> None:
    assert set(CONDITIONAL) == converted_in_words(tmp_path, "TSPhrases.ocd2")


LABELS = sorted(CODEBOOK.marks)
HAN = st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF)
IN_LABELS = st.sampled_from(sorted({*"".join(LABELS), *CONDITIONAL, *"規範處結轉數無總計徵廳複覆他它"}))
AROUND = st.sampled_from([*"（）()【一二十1a .、：“”\n\u3000⑴⁽﹙？?㈠", "?。ㄒ唬"])


@settings(max_examples=400)
@given(st.lists(st.one_of(st.sampled_from(LABELS), IN_LABELS, AROUND, HAN), max_size=8).map("".join))
@example("行政覆议")
@example("結轉下年度繼續辦理")
@example("（龘）总计")
@example("总䥕计")
def test_a_text_that_may_be_no_label_is_none_and_no_part_of_any(text: str) -> None:
    if not CODEBOOK.may_know(text):
        word = CODEBOOK.key(text)
        assert not CODEBOOK.marks_of(text)
        assert not any(word in label for label in LABELS)


def test_no_character_that_tells_a_text_apart_vanishes_from_its_key() -> None:
    foreign = [character for point in range(0x3400, 0xA000) if not CODEBOOK.may_know(character := chr(point))]
    keys = {CODEBOOK.key(character) for character in foreign}
    assert len(foreign) > 20_000
    assert not any(key in label for key in keys for label in LABELS)


def test_what_labels_are_made_of_may_be_known_and_prose_may_not() -> None:
    assert all(CODEBOOK.may_know(label) for label in LABELS)
    assert all(CODEBOOK.may_know(traditional) for traditional in ("規範性文件", "行政覆議", "總計"))
    assert not CODEBOOK.may_know("监督保障方面，组织业务培训三次。")
    assert simplified("總計") == "总计"
