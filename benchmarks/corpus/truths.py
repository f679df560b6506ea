"""Seeded truths: what a report prints in each cell, and which of its own identities do not hold.

Nothing here knows of a layout. `draw_truth` draws figures that satisfy the form's identities, then leaves
cells blank or dashed and, in some reports, breaks a sum as organs do. Identities are evaluated here apart
from the project's own checks: received + carried in = outcome total + carried forward; the applicants add
up to the total; the outcomes to （七）总计; four results to their total. An operand that is not a figure
leaves an identity unjudged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from benchmarks.corpus import forms
from benchmarks.corpus.forms import Key
from benchmarks.corpus.places import Organ, draw_organ

DASHES = ("-", "—", "——", "/", "无", "－", "--")
UNREADABLE = ("若干", "详见附件", "#REF!", "0/3", "约20")
_TABLES = ("disclosures", "requests", "challenges")


@dataclass(frozen=True, slots=True)
class CellTruth:
    """A printed cell: its figure (None where none is printed), the status due, and the text as printed.

    `unit_known` is false for money whose unit stands nowhere: null, or the bare figure, each with an issue.
    """

    value: float | None
    status: str
    printed: str
    unit_known: bool = True


@dataclass(frozen=True, slots=True)
class Broken:
    """An identity that the printed figures break; `item` or `column` is None along whose axis it runs."""

    identity: str
    table: str
    item: str | None
    column: str | None


@dataclass(frozen=True, slots=True)
class Truth:
    """A report as its organ would swear to it. `form` is the template that the dataset must name."""

    organ: Organ
    year: int
    form: str
    disclosures_form: str
    requests_form: str
    cells: dict[Key, CellTruth]
    broken: tuple[Broken, ...] = ()
    traits: frozenset[str] = field(default_factory=frozenset)

    def with_cells(self, cells: dict[Key, CellTruth]) -> Truth:
        """The same report with other cells; broken identities are found anew."""
        return Truth(
            self.organ,
            self.year,
            self.form,
            self.disclosures_form,
            self.requests_form,
            cells,
            find_broken(cells, self.requests_form),
            self.traits,
        )


def draw_truth(rng: Random) -> Truth:
    """Draw a report: organ, year, form, figures, blanks, dashes, unreadable cells and errors of its own."""
    form = rng.choices(("2019", "2021", "hybrid"), (38, 54, 8))[0]
    year = _draw_year(rng, form)
    disclosures_form, requests_form = form, ("2021" if form == "hybrid" else form)
    figures = _draw_figures(rng, disclosures_form, requests_form)
    traits: set[str] = set()
    if rng.random() < 0.12:
        _break_a_sum(rng, figures)
    cells = {key: CellTruth(value, "reported", "") for key, value in figures.items()}
    _leave_blank(rng, cells, traits)
    if rng.random() < 0.03:
        key = rng.choice([key for key in cells if key[0] != "disclosures"])
        cells[key] = CellTruth(None, "unreadable", rng.choice(UNREADABLE))
        traits.add("unreadable")
    _spell_figures(rng, cells, disclosures_form, traits)
    return Truth(
        draw_organ(rng),
        year,
        form,
        disclosures_form,
        requests_form,
        cells,
        find_broken(cells, requests_form),
        frozenset(traits),
    )


def find_broken(cells: dict[Key, CellTruth], requests_form: str) -> tuple[Broken, ...]:
    """Every identity that the printed figures contradict."""
    broken: list[Broken] = []

    def total(table: str, pairs: list[tuple[str, str]]) -> float | None:
        values = [cells[table, item, column].value for item, column in pairs]
        return None if any(value is None for value in values) else sum(value or 0 for value in values)

    def judge(name: str, table: str, left: list[tuple[str, str]], right: list[tuple[str, str]]) -> None:
        one, other = total(table, left), total(table, right)
        if one is None or other is None or one == other:
            return
        items, columns = {item for item, _ in (*left, *right)}, {column for _, column in (*left, *right)}
        item = items.pop() if len(items) == 1 else None
        column = columns.pop() if len(columns) == 1 else None
        broken.append(Broken(name, table, item, column))

    outcomes = forms.outcome_codes(requests_form)
    for who in forms.APPLICANTS:
        judge(
            "balance",
            "requests",
            [("received", who), ("carried_in", who)],
            [("outcome_total", who), ("carried_forward", who)],
        )
        judge("outcomes", "requests", [(item, who) for item in outcomes], [("outcome_total", who)])
    for item in forms.request_items(requests_form):
        judge("applicants", "requests", [(item, who) for who in forms.APPLICANTS[:-1]], [(item, "total")])
    for route, _ in forms.ROUTES:
        judge("results", "challenges", [(route, code) for code, _ in forms.RESULTS[:-1]], [(route, "total")])
    return tuple(broken)


def _draw_year(rng: Random, form: str) -> int:
    if form == "2019":
        return rng.choices((2019, 2020, 2021, 2022), (45, 45, 7, 3))[0]
    return rng.choices((2020, 2021, 2022, 2023, 2024), (2, 35, 30, 25, 8))[0]


def _draw_figures(rng: Random, disclosures_form: str, requests_form: str) -> dict[Key, float]:
    profile = rng.choices(("zero", "small", "middling", "large"), (22, 43, 22, 13))[0]
    figures: dict[Key, float] = dict.fromkeys(forms.keys_of(disclosures_form, requests_form), 0)
    if profile == "zero":
        return figures
    top, density = {"small": (4, 0.08), "middling": (40, 0.2), "large": (2500, 0.5)}[profile]
    for who in forms.APPLICANTS[:-1]:
        if rng.random() < 0.35 and who != "natural_person":
            continue
        _draw_applicant(rng, figures, requests_form, who, (top, density))
    for item in forms.request_items(requests_form):
        figures["requests", item, "total"] = sum(
            figures["requests", item, who] for who in forms.APPLICANTS[:-1]
        )
    for route, _ in forms.ROUTES:
        for code, _ in forms.RESULTS[:-1]:
            if rng.random() < density:
                figures["challenges", route, code] = rng.randint(1, max(2, top // 8))
        figures["challenges", route, "total"] = sum(
            figures["challenges", route, code] for code, _ in forms.RESULTS[:-1]
        )
    _draw_disclosures(rng, figures, top, density)
    return figures


def _draw_applicant(
    rng: Random, figures: dict[Key, float], form: str, who: str, profile: tuple[int, float]
) -> None:
    top, density = profile
    outcomes = forms.outcome_codes(form)
    for item in outcomes:
        if rng.random() < density:
            figures["requests", item, who] = rng.randint(1, top)
    handled = sum(figures["requests", item, who] for item in outcomes)
    forward = rng.randint(0, max(1, top // 3)) if rng.random() < density * 2 else 0
    carried = rng.randint(0, int(min(handled + forward, top // 3 + 1))) if rng.random() < density * 2 else 0
    figures["requests", "outcome_total", who] = handled
    figures["requests", "carried_forward", who] = forward
    figures["requests", "carried_in", who] = carried
    figures["requests", "received", who] = handled + forward - carried


def _draw_disclosures(rng: Random, figures: dict[Key, float], top: int, density: float) -> None:
    for table, item, measure in figures:
        if table != "disclosures" or rng.random() > density + 0.25:
            continue
        if measure == "amount":
            value: float = round(rng.uniform(0.01, top * 20), rng.choice((0, 1, 2, 2, 4, 6)))
        elif measure == "items_change":
            value = rng.randint(-top, top)
        else:
            value = rng.randint(1, top * 10)
        figures[table, item, measure] = value


def _break_a_sum(rng: Random, figures: dict[Key, float]) -> None:
    keys = [key for key in figures if key[0] in ("requests", "challenges")]
    totals = [key for key in keys if key[2] == "total" or key[1] == "outcome_total"]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        key = rng.choice(totals if rng.random() < 0.6 else keys)
        figures[key] = max(0, figures[key] + rng.choice((1, 1, 2, 3, 10, -1, -2)))


def _leave_blank(rng: Random, cells: dict[Key, CellTruth], traits: set[str]) -> None:
    way = rng.choices(
        ("none", "some", "zeros", "table", "total_blank", "dash_zeros", "dash_some", "mixed"),
        (56, 10, 6, 4, 6, 7, 6, 5),
    )[0]
    dash = rng.choice(DASHES)
    habit = _Habit(way, rng.choice(_TABLES), rng.choice((0.02, 0.1, 0.4)))
    for key, cell in cells.items():
        absent = _absence(rng, habit, key, cell)
        if absent == "blank":
            cells[key] = CellTruth(None, "blank", "")
        elif absent == "dash":
            cells[key] = CellTruth(None, "dash", dash)
    traits.update({cell.status for cell in cells.values()} - {"reported"})


@dataclass(frozen=True, slots=True)
class _Habit:
    """Which cells an organ leaves without a figure: a way, the one table it concerns, how often."""

    way: str
    whole: str
    chance: float


def _absence(rng: Random, habit: _Habit, key: Key, cell: CellTruth) -> str | None:
    zero, chance = cell.value == 0, habit.chance
    hit = {
        "none": None,
        "some": "blank" if rng.random() < chance / 2 else None,
        "zeros": "blank" if zero and rng.random() < 0.9 else None,
        "table": "blank" if key[0] == habit.whole else None,
        "total_blank": "blank" if key[0] == "requests" and key[2] == "total" and zero else None,
        "dash_zeros": "dash" if zero else None,
        "dash_some": "dash" if zero and rng.random() < chance else None,
        "mixed": rng.choice(("blank", "dash", None, None)) if zero and rng.random() < chance else None,
    }
    return hit[habit.way]


_FULL_WIDTH = str.maketrans("0123456789.,-+", "０１２３４５６７８９．，－＋")
_COUNT_WAYS = ("plain", "full_width", "thousands", "unit", "split", "spaced", "mixed")


def _spell_figures(rng: Random, cells: dict[Key, CellTruth], form: str, traits: set[str]) -> None:
    """Give every figure its printed text: one way a report, or several, as hurried clerks do."""
    way = rng.choices(_COUNT_WAYS, (66, 6, 8, 5, 3, 4, 8))[0]
    # The 2021 form prints the unit of money in its header; the 2019 form leaves it to the cell.
    ways = ("wan", "wan", "yuan", "header", "bare") if form == "2019" else ("wan", "yuan")
    money = "header" if form != "2019" and rng.random() < 0.8 else rng.choice(ways)
    if money == "header":
        traits.add("money_unit_in_header")
    for key, cell in cells.items():
        if cell.value is None:
            continue
        if key[2] == "amount":
            cells[key] = _spell_money(cell.value, money)
            if not cells[key].unit_known:
                traits.add("unit_unknown")
        elif key[2] == "items_change":
            cells[key] = CellTruth(cell.value, "reported", _spell_change(rng, int(cell.value)))
        else:
            cells[key] = CellTruth(cell.value, "reported", _spell_count(rng, int(cell.value), way))


def _spell_count(rng: Random, value: int, way: str) -> str:
    if way == "mixed":
        way = rng.choice(_COUNT_WAYS[:-1])
    text = str(value)
    if way == "full_width":
        return text.translate(_FULL_WIDTH)
    if way == "thousands":
        return f"{value:,}".replace(",", rng.choice((",", "，")))
    if way == "unit":
        return text + rng.choice(("件", " 件"))
    if way == "split" and value >= 10:
        cut = rng.randint(1, len(text) - 1)
        return f"{text[:cut]} {text[cut:]}"
    return f" {text} " if way == "spaced" else text


def _spell_change(rng: Random, value: int) -> str:
    if value > 0:
        return rng.choice((f"{value}", f"+{value}", f"增{value}", f"＋{value}", f"增加{value}"))
    if value < 0:
        return rng.choice((f"{value}", f"-{-value}", f"减{-value}", f"－{-value}", f"减少{-value}"))
    return "0"


def _spell_money(value: float, way: str) -> CellTruth:
    """Money in 10,000 yuan; way `yuan` prints yuan, whole ones, so that the conversion is exact."""
    if value == 0:
        printed = {"yuan": "0元", "wan": "0万元"}.get(way, "0")
        return CellTruth(0, "reported", printed, unit_known=way != "bare")
    if way == "yuan":
        yuan = max(1, round(value * 10_000))
        return CellTruth(yuan / 10_000, "reported", f"{yuan}元")
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    if way == "wan":
        return CellTruth(value, "reported", f"{text}万元")
    return CellTruth(value, "reported", text, unit_known=way != "bare")
