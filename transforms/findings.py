"""An issue: a finding about a report that an analyst must be able to see, count and filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]
Table = Literal["disclosures", "requests", "challenges"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding. `item` and `column` are codebook codes; `expected` and `observed` are texts, figures included."""

    check: str
    severity: Severity
    message: str
    table: Table | None = None
    item: str | None = None
    column: str | None = None
    expected: str | None = None
    observed: str | None = None
