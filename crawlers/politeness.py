"""How long to leave a host in peace, when to ask again, and when to stop asking."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from crawlers.outcomes import Attempt, Outcome
from crawlers.policy import Patience

BEIJING = ZoneInfo("Asia/Shanghai")

_FAILURES = frozenset(
    {
        Outcome.DEADLINE,
        Outcome.SERVER_ERROR,
        Outcome.CONNECT_FAILED,
        Outcome.PROTOCOL_ERROR,
        Outcome.TRUNCATED,
        Outcome.MAINTENANCE,
        Outcome.TLS,
    }
)


@dataclass(slots=True)
class HostState:
    """What one crawl knows of one host. `circuit` is empty while the host may be asked, else the reason why
    not."""

    host: str
    tls_profile: str | None = None
    circuit: str = ""
    on_probation: bool = False
    blocks: int = 0
    failures: int = 0
    latency: float = 0.0
    crawl_delay: float = 0.0
    changed: bool = False
    shared: bool = False
    answered: bool = False
    unreached: bool = False

    def pause(self, site_delay: float, patience: Patience) -> float:
        """Seconds between the end of an exchange and the start of the next: max(site, Crawl-delay, factor ×
        latency)."""
        return max(
            site_delay,
            min(self.crawl_delay, patience.crawl_delay_ceiling),
            min(self.latency * patience.latency_factor, patience.latency_ceiling),
        )

    def note_reach(self, attempt: Attempt) -> None:
        """Note whether the host answered at all."""
        self.answered |= attempt.status is not None
        self.unreached |= attempt.outcome in {Outcome.CONNECT_FAILED, Outcome.DEADLINE}

    def learn(self, attempt: Attempt, patience: Patience) -> str:
        """Take note of how an exchange went; returns the reason if the circuit opened by it, else ""."""
        self.latency = attempt.seconds
        self.note_reach(attempt)
        if attempt.outcome is Outcome.CHALLENGE:
            return self._open(f"challenge: {attempt.detail}")
        if attempt.outcome in {Outcome.BLOCKED, Outcome.THROTTLED}:
            self.blocks += 1
            if self.on_probation or self.blocks >= patience.blocks:
                return self._open(f"{attempt.outcome}: {attempt.detail}, {self.blocks} in a row")
        elif attempt.outcome in _FAILURES:
            self.failures += 1
            if self.on_probation or self.failures >= patience.failures:
                return self._open(f"{attempt.outcome}: {attempt.detail}, {self.failures} in a row")
        elif attempt.status is not None:
            self.changed |= self.on_probation
            self.blocks = self.failures = 0
            self.on_probation = False
        return ""

    def _open(self, reason: str) -> str:
        self.circuit = reason
        return reason


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3: a number or a date); None if it says
    neither."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        return max(0.0, (at - now).total_seconds())
    except (ValueError, OverflowError):
        return None


def backoff(tries: int, patience: Patience) -> float:
    """Seconds until the next try, with full jitter below an exponentially growing bound."""
    bound = min(patience.backoff * 2.0 ** (tries - 1), patience.backoff_ceiling)
    return random.uniform(bound / 2, bound)


def seconds_until_window(window: tuple[time, time] | None, now: datetime) -> float:
    """Seconds until a site's window (start, end; Asia/Shanghai, may pass midnight) opens; 0 inside or without
    one."""
    if window is None:
        return 0.0
    start, end = window
    local = now.astimezone(BEIJING)
    clock = local.time()
    inside = start <= clock < end if start <= end else clock >= start or clock < end
    if inside:
        return 0.0
    opens = local.replace(hour=start.hour, minute=start.minute, second=start.second, microsecond=0)
    if opens <= local:
        opens += timedelta(days=1)
    return (opens - local).total_seconds()
