"""The figures of the reports: drawn so that the form's identities hold, then printed, sometimes oddly.

What is written here is the truth the project is measured with; nothing of the project is imported.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random

from site_plan import ReportPlan, load_yaml

FORMS = load_yaml("forms.yaml")
APPLICANTS = tuple(code for code, _ in FORMS["applicants"] if code != "total")
ROUTES = tuple(code for code, _ in FORMS["challenges"]["routes"])
RESULTS = tuple(code for code, _ in FORMS["challenges"]["results"] if code != "total")
DASHES = ("-", "—", "——", "/", "无")
FULL_WIDTH = str.maketrans("0123456789,.-", "０１２３４５６７８９，．－")

_APPLICANT_WEIGHTS = (70, 14, 2, 3, 5, 6)
_OUTCOME_WEIGHTS = {
    "granted": 60,
    "partially_granted": 9,
    "unavailable_not_held": 14,
    "unavailable_needs_creation": 5,
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell: what stands in it, what it means (null unless reported), and why."""

    printed: str
    value: Decimal | None
    status: str = "reported"


Key = tuple[str, str, str]
"""(table, row code, column code), as `site_truth.ROW_AND_COLUMN` names the codes."""

Figures = dict[Key, Figure]


def outcome_codes(form: str) -> tuple[str, ...]:
    """The outcome rows of table 三 between 三、 and （七）总计, in the form's order."""
    codes: list[str] = []
    for row in FORMS["requests"]["results"]:
        if form not in row["forms"] or row.get("code") == "outcome_total":
            continue
        codes += [row["code"]] if "code" in row else [code for code, _ in row["items"]]
    return tuple(codes)


def draw_organ(reports: list[ReportPlan]) -> dict[str, Figures]:
    """One organ's figures by report key; what one year carries forward the next carries in."""
    drawn: dict[str, Figures] = {}
    carried = dict.fromkeys(APPLICANTS, 0)
    for report in sorted(reports, key=lambda r: r.year):
        rng = Random(f"{report.key} figures")
        numbers, carried = _draw_requests(report, rng, carried)
        numbers |= _draw_challenges(report, rng)
        numbers |= _draw_disclosures(report, rng)
        drawn[report.key] = {key: Figure(str(value), value) for key, value in numbers.items()}
    return drawn


def _draw_requests(
    report: ReportPlan, rng: Random, carried_in: dict[str, int]
) -> tuple[dict[Key, Decimal], dict[str, int]]:
    codes = outcome_codes(report.form)
    weights = [_OUTCOME_WEIGHTS.get(code, 3) for code in codes]
    counts: dict[tuple[str, str], int] = {}
    carried_forward: dict[str, int] = {}
    for applicant, weight in zip(APPLICANTS, _APPLICANT_WEIGHTS, strict=True):
        received = report.scale * weight * rng.randrange(60, 150) // 10_000 + (rng.randrange(4) == 0)
        load = received + carried_in[applicant]
        carried_forward[applicant] = rng.randrange(1 + max(load // 8, min(load, 1)))
        closed = load - carried_forward[applicant]
        for code in rng.choices(codes, weights, k=closed):
            counts[code, applicant] = counts.get((code, applicant), 0) + 1
        counts["received", applicant] = received
        counts["carried_in", applicant] = carried_in[applicant]
        counts["outcome_total", applicant] = closed
        counts["carried_forward", applicant] = carried_forward[applicant]
    numbers: dict[Key, Decimal] = {}
    for item in ("received", "carried_in", *codes, "outcome_total", "carried_forward"):
        row = [counts.get((item, applicant), 0) for applicant in APPLICANTS]
        for applicant, count in zip((*APPLICANTS, "total"), (*row, sum(row)), strict=True):
            numbers["requests", item, applicant] = Decimal(count)
    return numbers, carried_forward


def _draw_challenges(report: ReportPlan, rng: Random) -> dict[Key, Decimal]:
    numbers: dict[Key, Decimal] = {}
    for route in ROUTES:
        ceiling = 2 + report.scale // 20
        row = [rng.randrange(ceiling) if rng.randrange(3) else 0 for _ in RESULTS]
        for result, count in zip((*RESULTS, "total"), (*row, sum(row)), strict=True):
            numbers["challenges", route, result] = Decimal(count)
    return numbers


def _draw_disclosures(report: ReportPlan, rng: Random) -> dict[Key, Decimal]:
    numbers: dict[Key, Decimal] = {}
    for block in FORMS["disclosures"][report.form]:
        for item, _ in block["items"]:
            for measure, _ in block["measures"]:
                numbers["disclosures", item, measure] = _draw_measure(report, rng, item, measure)
    return numbers


def _draw_measure(report: ReportPlan, rng: Random, item: str, measure: str) -> Decimal:
    if item == "regulations" and not report.makes_regulations:
        return Decimal(0)
    if measure == "amount":
        return _draw_amount(report, rng)
    if measure == "items_change":
        return Decimal(rng.randrange(-6, 13))
    ceiling = {
        "decisions": 60 * report.scale,
        "in_force": 20 + report.scale,
        "disclosed_total": 20 + report.scale,
    }
    return Decimal(rng.randrange(1 if measure in ceiling else 0, ceiling.get(measure, 14)))


def _draw_amount(report: ReportPlan, rng: Random) -> Decimal:
    """10,000 yuan with at most six places; whole yuan where the page prints yuan."""
    if "unit_yuan" in report.special:
        return Decimal(rng.randrange(100_000, 900_000)).scaleb(-4)
    places = 4 if "unit_ten_thousand" in report.special else rng.choice((0, 2, 2, 4, 6))
    return Decimal(rng.randrange(10**places, 40 * (report.scale + 1) * 10**places)).scaleb(-places)


def print_figures(report: ReportPlan, figures: Figures) -> Figures:
    """The figures as this report prints them: its specials blank, dash, widen, sign or falsify some cells."""
    for special in sorted(report.special & _PRINTERS.keys()):
        figures = _PRINTERS[special](figures)
    return figures


def revise(figures: Figures) -> Figures:
    """A revision after publication: two requests move from one outcome to another, one is found anew."""
    moved: dict[Key, int] = {
        ("requests", "granted", "natural_person"): -2,
        ("requests", "granted", "total"): -2,
        ("requests", "partially_granted", "natural_person"): +3,
        ("requests", "partially_granted", "total"): +3,
        ("requests", "received", "natural_person"): +1,
        ("requests", "received", "total"): +1,
        ("requests", "outcome_total", "natural_person"): +1,
        ("requests", "outcome_total", "total"): +1,
        ("challenges", "reconsideration", "upheld"): +1,
        ("challenges", "reconsideration", "total"): +1,
        ("disclosures", "penalty", "decisions"): -11,
    }
    return figures | {key: _add(figures[key], step) for key, step in moved.items()}


def _add(figure: Figure, step: int) -> Figure:
    assert figure.value is not None
    return Figure(str(figure.value + step), figure.value + step)


def _false_sums(figures: Figures) -> Figures:
    wrong = {("requests", "received", "total"): 2, ("challenges", "reconsideration", "total"): -1}
    wrong[("requests", "outcome_total", "natural_person")] = 1
    return figures | {key: _add(figures[key], step) for key, step in wrong.items()}


def _blanks(figures: Figures) -> Figures:
    """Zeros left empty in some columns, every 总计 of an outcome row left empty, a whole route left empty."""

    def is_blank(key: Key, figure: Figure) -> bool:
        table, row, column = key
        if table == "requests" and column == "total":
            return row not in {"received", "carried_in", "outcome_total", "carried_forward"}
        if table == "requests":
            return figure.value == 0 and column in {
                "natural_person",
                "research_institution",
                "other_organization",
            }
        return row in {"litigation_after_reconsideration", "coercion"}

    return {key: Figure("", None, "blank") if is_blank(key, fig) else fig for key, fig in figures.items()}


def _dashes(figures: Figures) -> Figures:
    """Every zero printed as a dash, a slash or 无, in turn."""
    printed: Figures = {}
    for position, (key, figure) in enumerate(figures.items()):
        dash = Figure(DASHES[position % len(DASHES)], None, "dash")
        printed[key] = dash if figure.value == 0 else figure
    return printed


def _full_width(figures: Figures) -> Figures:
    """Thousands separated everywhere; table 三 and half of table 二 in full-width digits."""
    printed: Figures = {}
    for key, figure in figures.items():
        text = f"{figure.value:,}"
        wide = key[0] == "requests" or key[1] in {"licensing", "normative_documents"}
        printed[key] = replace(figure, printed=text.translate(FULL_WIDTH) if wide else text)
    return printed


def _signs(figures: Figures) -> Figures:
    """本年增/减 with a plus sign, a minus sign, and the word 减 where a minus is meant."""
    changes = {
        "licensing": (10, "+10"),
        "other_services": (-3, "减3"),
        "penalty": (2, "+2"),
        "fees": (-1, "-1"),
    }
    signed: Figures = {}
    for item, (value, text) in changes.items():
        signed["disclosures", item, "items_change"] = Figure(text, Decimal(value))
    return figures | signed


def _unit_ten_thousand(figures: Figures) -> Figures:
    return _counted_in_words(_amounts_with(figures, "万元", 0))


def _unit_yuan(figures: Figures) -> Figures:
    return _amounts_with(figures, "元", 4)


def _amounts_with(figures: Figures, unit: str, shift: int) -> Figures:
    """Amounts with their unit inside the cell; the value stays in 10,000 yuan."""
    printed = dict(figures)
    for key, figure in figures.items():
        if key[2] == "amount" and figure.value is not None:
            printed[key] = replace(figure, printed=f"{figure.value.scaleb(shift):f}{unit}")
    return printed


def _counted_in_words(figures: Figures) -> Figures:
    """件 behind the figures of the normative documents and of the requests received."""
    printed = dict(figures)
    for key, figure in figures.items():
        if key[1] in {"normative_documents", "received"}:
            printed[key] = replace(figure, printed=f"{figure.printed}件")
    return printed


_PRINTERS = {
    "blanks": _blanks,
    "dashes": _dashes,
    "false_sums": _false_sums,
    "full_width": _full_width,
    "signs": _signs,
    "unit_ten_thousand": _unit_ten_thousand,
    "unit_yuan": _unit_yuan,
}
