"""From staged batches to the tables in force: duplicates settled, dimension tables made, one switch for all.

Batches hold what was read now. Reports that were published before and not read again take part as they stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from flows.reading import NO_REPORTS, BatchResult, NoReport, books, staged, staged_table
from flows.settings import ThresholdSettings
from transforms.across import FACTS, READ, STATES, agencies_of, duplicate_issues, duplicates_of, marked
from transforms.frames import codebook_frame
from warehouse.errors import NoDataset
from warehouse.publish import Run, read_reports, read_table
from warehouse.schemas import TABLES


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build read and what it put in force."""

    read: int
    unchanged: int
    passed_over: int
    refused: tuple[NoReport, ...]
    incomplete: tuple[str, ...]
    crossed: tuple[str, ...]
    outcomes: Mapping[str, int]
    rows: Mapping[str, int]
    written: Mapping[str, tuple[str, ...]]
    kept: int
    duplicates: int

    def markdown(self) -> str:
        """The same as a short text for Prefect's page of the run."""
        outcomes = (
            ", ".join(f"{count:,} {name}" for name, count in sorted(self.outcomes.items())) or "nothing"
        )
        lines = [f"Read {self.read:,} pages ({outcomes}); {self.unchanged:,} unchanged.", ""]
        lines += [f"* `{name}`: {count:,} rows" for name, count in self.rows.items()]
        lines += [f"* refused: {page.source}: {page.message}" for page in self.refused]
        lines += [f"* incomplete: {line}" for line in self.incomplete]
        lines += [f"* threshold: {line}" for line in self.crossed]
        return "\n".join(lines)

    @property
    def flawed(self) -> bool:
        """Whether anything that an organ printed is not in the tables, or a threshold was crossed."""
        return bool(self.refused or self.incomplete or self.crossed)


@dataclass(frozen=True, slots=True)
class Settled:
    """All reports in force once the batches are published, and which of them are duplicates of which.

    `standing` are those published before and not read again; `replaced` the ids whose pages were read again.
    """

    fresh: pd.DataFrame
    standing: pd.DataFrame
    replaced: frozenset[str]
    duplicates: Mapping[str, str]

    @property
    def reports(self) -> pd.DataFrame:
        """Fresh and standing reports together."""
        return _together([self.fresh, self.standing])

    def promoted(self) -> list[str]:
        """Sources of standing duplicates that are none any more: their facts were left out, read them now."""
        were = self.standing[self.standing["duplicate_of"].notna()]
        return sorted(were[~were["report_id"].isin(self.duplicates)]["source"])

    def demoted(self) -> list[str]:
        """Standing reports that are duplicates now, or of another report than before."""
        now = self.standing["report_id"].map(self.duplicates)
        changed = now.notna() & (now != self.standing["duplicate_of"].fillna(""))
        return sorted(self.standing["report_id"][changed])


def settle(root: Path, batches: Sequence[BatchResult]) -> Settled:
    """Compare what was read with what is in force under `root`."""
    before = _table_or_none(root, "reports")
    sources = {source for batch in batches for source in staged_table(batch.folder, "pages")["source"]}
    again = before["source"].isin(sources)
    fresh = _together([staged_table(batch.folder, "reports") for batch in batches], "reports")
    standing = before[~again]
    duplicates = duplicates_of(_together([fresh, standing]))
    return Settled(fresh, standing, frozenset(before["report_id"][again]), duplicates)


def completed(
    root: Path, batches: list[BatchResult], read_again: Callable[[list[str]], list[BatchResult]]
) -> list[BatchResult]:
    """The batches, and those of reports whose facts were left out as a duplicate's and are wanted after all."""
    while sources := settle(root, batches).promoted():
        batches = [*batches, *read_again(sources)]
    return batches


def publish_batches(
    root: Path, batches: Sequence[BatchResult], unchanged: int, thresholds: ThresholdSettings
) -> BuildReport:
    """Publish the batches under `root`: all tables change at once, or none.

    Raises the errors of `warehouse.errors`; what was in force then stays.
    """
    settled = settle(root, batches)
    demoted = settled.demoted()
    findings = _findings(root, batches, settled, demoted)
    kept = settled.reports[~settled.reports["report_id"].isin(settled.duplicates)]
    with Run(root, "build") as run:
        for batch in batches:
            run.add(marked(staged(batch.folder), settled.duplicates, findings), replaces=settled.replaced)
        if demoted:
            run.add(marked(read_reports(root, demoted), settled.duplicates, findings))
        run.add({"agencies": agencies_of(kept), "codebook": codebook_frame(books()[0])})
        summary = run.commit()
    outcomes = sum((batch.outcomes for batch in batches), Counter[str]())
    refused = tuple(page for batch in batches for page in batch.refused)
    read = settled.fresh[~settled.fresh["source"].isin([page.source for page in refused])]
    return BuildReport(
        read=outcomes.total(),
        unchanged=unchanged,
        passed_over=sum(count for name, count in outcomes.items() if name in NO_REPORTS),
        refused=refused,
        incomplete=tuple(incomplete(read)),
        crossed=tuple(crossed(settled.fresh, thresholds)),
        outcomes=outcomes,
        rows=summary.rows,
        written=summary.written,
        kept=summary.kept,
        duplicates=len(settled.duplicates),
    )


def incomplete(reports: pd.DataFrame) -> Iterator[str]:
    """A line for each report that has a table of which a part, or all, could not be read."""
    for source, *states in reports[["source", *STATES]].itertuples(index=False, name=None):
        named = dict(zip(FACTS, states, strict=True))
        if {"partial", "refused"} & set(states):
            yield f"{source}: " + ", ".join(f"{table} {state}" for table, state in named.items())


def crossed(reports: pd.DataFrame, thresholds: ThresholdSettings) -> Iterator[str]:
    """A line for each share of this run's reports that lies below its threshold."""
    if not len(reports):
        return
    states = pd.concat([reports[name] for name in STATES])
    found = states[states != "absent"]
    shares = {
        "tables_read_share": found.isin(READ).mean() if len(found) else 1.0,
        "organs_known_share": reports["agency_id"].notna().mean(),
    }
    for name, share in shares.items():
        least = getattr(thresholds, name)
        if share < least:
            yield f"{name} is {share:.3f} in this run, {least:g} is asked for"


def _findings(
    root: Path, batches: Sequence[BatchResult], settled: Settled, demoted: Sequence[str]
) -> pd.DataFrame:
    """The issues of duplicates that come up in this run, with the facts of both sides compared."""
    fresh = set(settled.fresh["report_id"])
    pairs = {
        left_out: kept
        for left_out, kept in settled.duplicates.items()
        if left_out in fresh or left_out in set(demoted)
    }
    ids = {*pairs, *pairs.values()}
    published = read_reports(root, ids - fresh) if ids - fresh else {}
    facts = {}
    for table in FACTS:
        parts = [published[table]] if published else []
        for batch in batches if ids else ():
            cells = staged_table(batch.folder, table)
            parts.append(cells[cells["report_id"].isin(ids)])
        facts[table] = _together(parts, table)
    return duplicate_issues(pairs, settled.reports, facts)


def _table_or_none(root: Path, name: str) -> pd.DataFrame:
    try:
        return read_table(root, name)
    except NoDataset:
        return _together([], name)


def _together(frames: Sequence[pd.DataFrame], name: str = "reports") -> pd.DataFrame:
    # Concatenating an empty frame would decide the types of the others.
    filled = [frame for frame in frames if len(frame)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    return frames[0] if frames else pd.DataFrame(columns=list(TABLES[name].names))
