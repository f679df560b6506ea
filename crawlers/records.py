"""The values that go into the ledger and come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from crawlers.outcomes import REFUSALS

FIGURES = ("listed", "passed_over", "new", "changed", "unchanged", "gone", "refused", "failed", "pending")
KEPT_RESULTS = frozenset({"new", "changed", "unchanged", "gone"})
_REFUSALS = frozenset(outcome.value for outcome in REFUSALS)


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a page before it is asked for."""

    key: str
    source: str
    etag: str | None
    last_modified: str | None
    validated_at: datetime | None
    last_run: int | None
    last_result: str | None


@dataclass(frozen=True, slots=True)
class SourceFigures:
    """What a source gave in one run. `state` is complete, incomplete or failed; `reason` says why it is not
    complete."""

    state: str
    reason: str
    listed: int = 0
    passed_over: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    refused: int = 0
    failed: int = 0
    pending: int = 0


@dataclass(frozen=True, slots=True)
class HostNote:
    """What earlier runs learned of a host: the TLS profile that worked, and why and since when it is left
    alone."""

    tls_profile: str | None
    circuit: str | None
    circuit_at: datetime | None
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A report as a list names it: the page's key, this spelling of its address, title and date."""

    key: str
    url: str
    title: str
    published_on: date | None


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A link that speaks of annual reports and is not fetched, with the reason."""

    url: str
    title: str
    reason: str


def which_results(results: Mapping[str, int], name: str) -> str:
    """The results that a source's figure `failed` or `refused` counts, in words; nothing for any other figure."""
    if name not in {"failed", "refused"}:
        return ""
    parts = [
        f"{result} {count}"
        for result, count in sorted(results.items())
        if result not in KEPT_RESULTS | {"pending"} and (result in _REFUSALS) == (name == "refused")
    ]
    return f" ({', '.join(parts)})"
