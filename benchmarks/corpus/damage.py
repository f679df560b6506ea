"""Labels as damaged in real reports: lost words, misspellings, guidance left in, another form's names."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.corpus.shapes import PrintedCell, PrintedTable

# Each entry: (label as official or as broken over lines, what was printed instead).
_DAMAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("本年新制作数量", ("本年新制作数", "本年新制作数量(件)", "本年新")),
    ("本年新公开数量", ("本年新公开数", "本年新公开数量(件)", "本年新")),
    ("现行有效件数", ("现行有效件",)),
    ("本年制发件数", ("本年发件", "本年制发数")),
    ("本年增/减", ("本年增/", "本年增／减", "本年增减", "本年增/减(与上一年相比)")),
    ("上一年项目数量", ("上一年项目数量(指2018年事项数)", "上一年度项目数量", "上年项目数量")),
    ("本年处理决定数量", ("处理决定数量", "本年处理绝对数量")),
    ("处理决定数量", ("本年处理决定数量",)),
    ("本年收费金额（单位：万元）", ("本年收费金额(单位:万元)", "本年收费金额（万元）")),
    ("行政事业性收费", ("行政事业型收费",)),
    ("行政规范性文件", ("规范性文件", "行政规范性 文件")),
    ("规范性文件", ("行政规范性文件",)),
    ("其他对外管理服务事项", ("其它对外管理服务事项", "其他对外管理 服务事项")),
    ("第二十条第（一）项", ("第二十条  第(一)项", "第二十条第一项")),
    ("第二十条第（五）项", ("第二十条第 (五)项",)),
    (
        "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）",
        ("(本列)数据的勾稽关系",),
    ),
    ("二、上年结转政府信息公开申请数量", ("二、上年结转政府信息公开数量",)),
    ("一、本年新收政府信息公开申请数量", ("本年新收政府信息公开申请数量",)),
    (
        "（二）部分公开（区分处理的，只计这一情形，不计其他情形）",
        ("（二）部分公开", "(二)部分公开(区分处理的，只计这一情形)"),
    ),
    ("3.危及“三安全一稳定”", ("3.危及\"三安全一稳定\"", "3．危及三安全一稳定", "3.危及“三安全一稳定“")),
    ("5.属于三类内部事务信息", ("5.内部事务信息", "5．属于三类内部事务信息")),
    ("8.属于行政查询事项", ("8．属于行政查询事项", "8、属于行政查询事项")),
    ("四、结转下年度继续办理", ("四、结转下一年度继续办理", "四、结转下年度 继续办理")),
    ("（七）总计", ("(七)总计", "（七） 总 计", "七、总计")),
    ("其他结果", ("其它结果",)),
    ("商业企业", ("商业 企业",)),
    ("社会公益组织", ("社会公益 组织",)),
    ("复议后起诉", ("复议后 起诉",)),
)  # fmt: skip


# Invented for the judge: nobody has seen these, so a reader that matches exactly must leave their rows null.
_UNSEEN: tuple[tuple[str, str], ...] = (
    ("本年新制作数量", "本年制作数量"),
    ("现行有效件数", "现行有效数"),
    ("本年处理决定数量", "本年处理决定数"),
    ("行政事业性收费", "行政事业收费"),
    ("采购总金额", "采购总额"),
    ("二、上年结转政府信息公开申请数量", "二、上年结转申请数量"),
    ("一、本年新收政府信息公开申请数量", "一、本年新收申请数"),
    ("1.属于国家秘密", "1.属于秘密"),
    ("2.重复申请", "2.反复申请"),
    ("（七）总计", "（七）共计"),
    ("结果纠正", "结果改正"),
    ("科研机构", "科研单位"),
)


def damage_labels(rng: Random, tables: tuple[PrintedTable, ...]) -> tuple[PrintedTable, ...]:
    """Replace one to four labels by what was printed for them somewhere; every occurrence alike."""
    chosen = dict(rng.sample(_DAMAGES, 12))
    printed = {label: rng.choice(ways) for label, ways in chosen.items()}
    if "本年新" in printed.values():  # the words after a line break were lost in both heads at once
        printed |= {"本年新制作数量": "本年新", "本年新公开数量": "本年新"}
    present = sorted(_labels(tables) & set(printed))
    use = {label: printed[label] for label in present[: rng.randint(1, 4)]}
    return _replace_labels(tables, use)


def misprint_labels(rng: Random, tables: tuple[PrintedTable, ...]) -> tuple[PrintedTable, ...]:
    """Replace one or two labels by words that no codebook knows."""
    known = [pair for pair in _UNSEEN if pair[0] in _labels(tables)]
    return _replace_labels(tables, dict(rng.sample(known, min(2, len(known)))))


def _labels(tables: tuple[PrintedTable, ...]) -> set[str]:
    return {cell.text for table in tables for row in table.rows for cell in row if cell.header}


def _replace_labels(tables: tuple[PrintedTable, ...], use: dict[str, str]) -> tuple[PrintedTable, ...]:
    def printed(cell: PrintedCell) -> PrintedCell:
        return replace(cell, text=use[cell.text]) if cell.header and cell.text in use else cell

    return tuple(
        replace(table, rows=tuple(tuple(printed(cell) for cell in row) for row in table.rows))
        for table in tables
    )
