"""Labels as organs print them, brought to the key under which the codebook knows them."""

from __future__ import annotations

import pytest
from golden_cases import books

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
