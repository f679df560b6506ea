"""What a crawl knows of its hosts: their state, their rules, how they are reached, and whose turn it is."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from crawlers.addresses import origin
from crawlers.fetch import Access
from crawlers.leases import Leases
from crawlers.ledger import Ledger
from crawlers.outcomes import Attempt
from crawlers.policy import Policy
from crawlers.politeness import HostState
from crawlers.records import HostNote
from crawlers.robots import Rules
from crawlers.sites import Site
from crawlers.tls import first_profile


class HostBook:
    """The hosts of one crawl. A host is in one worker's hands at a time, so its state needs no lock of its
    own."""

    def __init__(self, ledger: Ledger, policy: Policy, leases: Leases) -> None:
        self._ledger = ledger
        self._policy = policy
        self._leases = leases
        self._states: dict[str, HostState] = {}
        self._rules: dict[str, Rules] = {}
        self._lock = threading.Lock()

    def state(self, name: str) -> HostState:
        """The state of a host, begun from what earlier runs learned: its TLS profile, an open circuit."""
        state = self._states.get(name)
        if state is None:
            noted = self._ledger.host(name)
            state = HostState(name, tls_profile=noted.tls_profile, circuit=self._circuit(noted))
            state.on_probation = bool(noted.circuit) and not state.circuit
            with self._lock:
                self._states[name] = state
        return state

    @property
    def left_alone(self) -> int:
        """How many hosts have an open circuit."""
        with self._lock:
            return sum(bool(state.circuit) for state in self._states.values())

    @property
    def reach(self) -> tuple[int, int]:
        """(hosts that were asked, those of them that never answered and could not be reached)."""
        with self._lock:
            asked = [state for state in self._states.values() if state.answered or state.unreached]
            return len(asked), sum(not state.answered for state in asked)

    def forgive_silence(self) -> None:
        """Leave no host alone in later runs because it could not be reached in this one."""
        with self._lock:
            silent = [state for state in self._states.values() if state.circuit and not state.answered]
        for state in silent:
            self._ledger.note_host(state.host, state.tls_profile, "")

    def take_turn(self, state: HostState) -> float | None:
        """Take the host's lease: seconds that another crawl's last request still asks for, or None if it is
        that crawl's turn."""
        name = f"host {state.host}"
        if self._leases.holds(name):
            return 0.0
        if not self._leases.hold(name):
            state.shared = True
            return None
        noted = self._ledger.host(state.host)
        state.circuit = state.circuit or self._circuit(noted)
        if noted.next_at is None:
            return 0.0
        left = (noted.next_at - datetime.now(UTC)).total_seconds()
        # A clock that jumped must not keep a host waiting longer than any pause could.
        patience = self._policy.patience
        return max(0.0, min(left, max(patience.crawl_delay_ceiling, patience.latency_ceiling)))

    def give_turn(self, state: HostState, pause: float) -> None:
        """Nothing is left for the host: hand the lease on, with the pause that the next crawl must keep."""
        name = f"host {state.host}"
        if self._leases.holds(name):
            self._ledger.note_next_at(state.host, datetime.now(UTC) + timedelta(seconds=pause))
            self._leases.release(name)

    def _circuit(self, noted: HostNote) -> str:
        """Why an earlier or parallel crawl left the host alone, if that was not long ago."""
        if not noted.circuit or noted.circuit_at is None:
            return ""
        age = (datetime.now(UTC) - noted.circuit_at).total_seconds()
        if age >= self._policy.patience.circuit_seconds:
            return ""
        return f"left alone since {noted.circuit_at:%Y-%m-%d %H:%M} UTC ({noted.circuit})"

    def rest(self, state: HostState, site: Site) -> float:
        """Seconds of peace after an exchange."""
        return state.pause(site.delay_seconds, self._policy.patience)

    def remember(self, state: HostState, attempt: Attempt) -> None:
        """Keep what a later run should know, when it changed and the host answered."""
        if attempt.status is not None and state.changed:
            self._ledger.note_host(state.host, state.tls_profile, state.circuit)
            state.changed = False

    def open_circuit(self, state: HostState, reason: str) -> None:
        """Keep the reason why the host is left alone, for this run and the next."""
        state.circuit = reason
        self._ledger.note_host(state.host, state.tls_profile, reason)

    def rules(self, url: str) -> Rules | None:
        """The robots rules of an address's origin, if they were asked for."""
        return self._rules.get(origin(url))

    def set_rules(self, url: str, rules: Rules, state: HostState) -> None:
        """Note an origin's rules; the strictest Crawl-delay of a host's origins holds for the host."""
        self._rules[origin(url)] = rules
        state.crawl_delay = max(state.crawl_delay, rules.crawl_delay)

    def permits(self, url: str) -> bool:
        """Whether a redirect within an origin may be followed there."""
        rules = self.rules(url)
        return rules is None or rules.permits(url)

    def access(self, site: Site, state: HostState) -> Access:
        """How the host is reached for a site."""
        profile = first_profile(site.tls, site.ca_file, state.tls_profile)
        return Access((*self._policy.allow, *site.allow), profile, site.ca_file)
