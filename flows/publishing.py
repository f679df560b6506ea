"""From staged batches to the tables in force: duplicates settled, reports compared, one switch for all tables.

Batches hold what was read now. Reports that were published before and not read again take part as they stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from flows.comparing import compare_reports
from flows.page_reading import books
from flows.progress import tell
from flows.reading import NO_REPORTS, BatchResult, NoReport, staged, staged_table
from flows.settings import ThresholdSettings
from flows.settling import Settled, together
from transforms.across import (
    FACTS,
    READ,
    STATES,
    agencies_of,
    duplicate_issues,
    expected_through,
    marked,
)
from transforms.frames import codebook_frame
from transforms.history import coverage_of
from warehouse.locks import Holder
from warehouse.publish import Run, read_reports
from warehouse.snapshots import Snapshot


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
    set_aside: tuple[str, ...]
    """Sources of reports that went, since their facts are wanted and their pages are not in this archive."""
    compared_again: int
    """Reports that were not read in this run and yet changed: by another year's, or another address's, report."""
    changed: bool
    """Whether the tables are, or once let through would be, other than before."""
    held: tuple[str, ...] = ()
    """Why the new tables wait and the old ones are still in force; empty where they do not wait."""

    def markdown(self) -> str:
        """The same as a short text for Prefect's page of the run."""
        outcomes = (
            ", ".join(f"{count:,} {name}" for name, count in sorted(self.outcomes.items())) or "nothing"
        )
        lines = [f"Read {self.read:,} pages ({outcomes}); {self.unchanged:,} unchanged.", ""]
        lines += [f"* `{name}`: {count:,} rows" for name, count in self.rows.items()]
        lines += [f"* refused: {page.source}: {page.message}" for page in self.refused]
        lines += [f"* incomplete: {line}" for line in self.incomplete]
        lines += [f"* set aside: {source}" for source in self.set_aside]
        lines += [f"* threshold: {line}" for line in self.crossed]
        lines += [f"* **held**: {line}" for line in self.held]
        return "\n".join(lines)

    @property
    def flawed(self) -> bool:
        """Whether anything that an organ printed is not in the tables, or a threshold was crossed."""
        return bool(self.refused or self.incomplete or self.crossed or self.set_aside or self.held)


Judge = Callable[[Snapshot, Snapshot, frozenset[str]], Sequence[str]]
"""Given the state in force, the one to follow and the ids of the reports read: why it must wait, if it must."""


@dataclass(frozen=True, slots=True)
class Standards:
    """What a build is held to: thresholds that are told, and a judge who can make its tables wait."""

    thresholds: ThresholdSettings
    judge: Judge | None = None


@contextmanager
def writing(root: Path, owner: str) -> Iterator[Run]:
    """The one run that may change the tables under `root` now; says for whom it waits, if it has to.

    Whatever is derived from the reports in force, duplicates, organs and coverage, must be derived inside.
    """

    def told(holder: Holder | None) -> None:
        tell(f"waiting for {holder or 'another run'}, which is publishing under {root}")

    with Run(root, owner, on_wait=told) as run:
        run.begin()
        yield run


def publish_batches(
    run: Run,
    batches: Sequence[BatchResult],
    settled: Settled,
    unchanged: int,
    standards: Standards,
) -> BuildReport:
    """Publish the batches by a run that has begun: all tables change at once, or none.

    Where the standards' judge gives a reason, the new tables are set aside and those in force stay. Raises
    the errors of `warehouse.errors`; what was in force then stays.
    """
    compared = compare_reports(run.root, batches, settled)
    again = compared.again.union(settled.demoted())
    findings = together([compared.findings, _duplicates(run.root, batches, settled, again)], "issues")
    reports = settled.marked_reports
    reasons: list[str] = []

    def approve(before: Snapshot, after: Snapshot) -> bool:
        if standards.judge is not None:
            reasons.extend(standards.judge(before, after, frozenset(settled.fresh["report_id"])))
        return not reasons

    for batch in batches:
        run.add(marked(staged(batch.folder), settled.duplicates, findings), replaces=settled.replaced)
    if again:
        run.add(marked(compared.rows_of(again), settled.duplicates, findings))
    run.add(
        {
            "agencies": agencies_of(reports[reports["duplicate_of"].isna()], books()[1]),
            "coverage": coverage_of(reports, expected_through(reports)),
            "codebook": codebook_frame(books()[0]),
        },
        forgets=settled.beyond,
    )
    summary = run.commit(approve)
    outcomes = sum((batch.outcomes for batch in batches), Counter[str]())
    refused = tuple(page for batch in batches for page in batch.refused)
    read = settled.fresh[~settled.fresh["source"].isin([page.source for page in refused])]
    return BuildReport(
        read=outcomes.total(),
        unchanged=unchanged,
        passed_over=sum(count for name, count in outcomes.items() if name in NO_REPORTS),
        refused=refused,
        incomplete=tuple(incomplete(read)),
        crossed=tuple(crossed(settled.fresh, standards.thresholds)),
        outcomes=outcomes,
        rows=summary.rows,
        written=summary.written,
        kept=summary.kept,
        duplicates=len(settled.duplicates),
        set_aside=tuple(sorted(settled.beyond)),
        compared_again=len(again),
        changed=summary.changed,
        held=tuple(reasons),
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


def _duplicates(
    root: Path, batches: Sequence[BatchResult], settled: Settled, again: Collection[str]
) -> pd.DataFrame:
    """The issues of duplicates that come up in this run, with the facts of both sides compared."""
    fresh = set(settled.fresh["report_id"])
    pairs = {
        left_out: kept
        for left_out, kept in settled.duplicates.items()
        if left_out in fresh or left_out in again
    }
    ids = {*pairs, *pairs.values()}
    published = read_reports(root, ids - fresh) if ids - fresh else {}
    facts = {}
    for table in FACTS:
        parts = [published[table]] if published else []
        for batch in batches if ids else ():
            cells = staged_table(batch.folder, table)
            parts.append(cells[cells["report_id"].isin(ids)])
        facts[table] = together(parts, table)
    return duplicate_issues(pairs, settled.reports, facts)
