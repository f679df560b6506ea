"""Labels as damaged in real reports: lost words, misspellings, guidance left in, another form's names."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.corpus.shapes import PrintedTable

# Each entry: (label as official or as broken over lines, what was printed instead).
_DAMAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("本年新制作数量", ("本年新制作数", "本年新制作数量(件)", "本年制作数量", "本年新")),
    ("本年新公开数量", ("本年新公开数", "本年新公开数量(件)", "本年新")),
    ("现行有效件数", ("现行有效件", "现行有效数")),
    ("本年制发件数", ("本年发件", "本年制发数")),
    ("本年增/减", ("本年增/", "本年增／减", "本年增减", "本年增/减(与上一年相比)")),
    ("上一年项目数量", ("上一年项目数量(指2018年事项数)", "上一年度项目数量", "上年项目数量")),
    ("本年处理决定数量", ("处理决定数量", "本年处理绝对数量", "本年处理决定数")),
    ("处理决定数量", ("本年处理决定数量",)),
    ("采购总金额", ("采购总额",)),
    ("本年收费金额（单位：万元）", ("本年收费金额(单位:万元)", "本年收费金额（万元）")),
    ("行政事业性收费", ("行政事业型收费", "行政事业收费")),
    ("行政规范性文件", ("规范性文件", "行政规范性 文件")),
    ("规范性文件", ("行政规范性文件",)),
    ("其他对外管理服务事项", ("其它对外管理服务事项", "其他对外管理 服务事项")),
    ("第二十条第（一）项", ("第二十条  第(一)项", "第二十条第一项")),
    ("第二十条第（五）项", ("第二十条第 (五)项", "《条例》第二十条第（五）项")),
    (
        "（本列数据的勾稽关系为：第一项加第二项之和，等于第三项加第四项之和）",
        ("(本列)数据的勾稽关系", "项目"),
    ),
    ("二、上年结转政府信息公开申请数量", ("二、上年结转政府信息公开数量", "二、上年结转申请数量")),
    ("一、本年新收政府信息公开申请数量", ("一、本年新收政府信息公开申请数", "本年新收政府信息公开申请数量")),
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


def damage_labels(rng: Random, tables: tuple[PrintedTable, ...]) -> tuple[PrintedTable, ...]:
    """Replace one to four labels by what was printed for them somewhere; every occurrence alike."""
    chosen = dict(rng.sample(_DAMAGES, 12))
    printed = {label: rng.choice(ways) for label, ways in chosen.items()}
    present = {cell.text for table in tables for row in table.rows for cell in row if cell.header}
    budget = rng.randint(1, 4)
    use = {label: printed[label] for label in sorted(present & set(printed))[:budget]}
    return tuple(
        replace(
            table,
            rows=tuple(
                tuple(
                    replace(cell, text=use[cell.text]) if cell.header and cell.text in use else cell
                    for cell in row
                )
                for row in table.rows
            ),
        )
        for table in tables
    )
