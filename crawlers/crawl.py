"""A crawl: sources become jobs, jobs queue by host, workers ask, the ledger remembers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crawlers.addresses import in_scope, names_a_file, origin
from crawlers.archive import Archive
from crawlers.errors import BadSite, CrawlerError, ListUnreadable
from crawlers.events import (
    Attempted,
    CrawlSummary,
    Event,
    HostChanged,
    Listed,
    OnEvent,
    PageDone,
    PlannedFetch,
    RunStarted,
    SourceDone,
    SourceSummary,
)
from crawlers.fetch import Access, Fetcher, Request
from crawlers.markup import text_of
from crawlers.outcomes import RETRIED, Attempt, Outcome
from crawlers.policy import Policy
from crawlers.politeness import HostState, backoff, retry_after, seconds_until_window
from crawlers.queues import HostQueues
from crawlers.robots import Rules, read_rules
from crawlers.sites import Site
from crawlers.source_run import Job, SourceRun, list_trouble
from crawlers.tls import first_profile, next_profile

_EVIDENCE = frozenset(
    {
        Outcome.CHALLENGE,
        Outcome.BLOCKED,
        Outcome.MAINTENANCE,
        Outcome.SOFT404,
        Outcome.EMPTY,
        Outcome.REDIRECT_SHELL,
        Outcome.SCRIPT_SHELL,
        Outcome.WRONG_TYPE,
    }
)
"""Answers whose body is kept although it is no report: what was recognised can be looked at again."""


def crawl(
    sites: Sequence[Site], archive: Archive, policy: Policy, on_event: OnEvent = lambda _: None
) -> CrawlSummary:
    """Crawl the sites into the archive and say what each gave.

    `on_event` is called from worker threads, one call at a time. An unfinished run is continued: pages that
    have their result in it are not asked again. Raises BadSite for sites that cannot be crawled as described
    and ArchiveError (ArchiveFull) when the archive takes no more; whatever was acknowledged before stays.
    """
    wanted = [site for site in sites if not policy.only_sites or site.id in policy.only_sites]
    unknown = policy.only_sites - {site.id for site in sites}
    if unknown:
        raise BadSite(f"no site is called {', '.join(sorted(unknown))}")
    twice = [name for name, count in Counter(site.id for site in wanted).items() if count > 1]
    if twice:
        raise BadSite(f"two sites are called {twice[0]}")
    return _Crawl(wanted, archive, policy, on_event).run()


class _Crawl:
    """One call of `crawl`: what its workers share."""

    def __init__(self, sites: Sequence[Site], archive: Archive, policy: Policy, on_event: OnEvent) -> None:
        self._sites = sites
        self._archive = archive
        self._ledger = archive.ledger
        self._policy = policy
        self._on_event = on_event
        self._queues: HostQueues[Job] = HostQueues()
        self._fetcher = Fetcher(policy.user_agent, policy.limits, policy.proxy)
        self._hosts: dict[str, HostState] = {}
        self._rules: dict[str, Rules] = {}
        self._telling = threading.Lock()
        self._outcomes: Counter[str] = Counter()
        self._wire_bytes = 0
        self._plan: list[PlannedFetch] = []
        self._done: dict[str, SourceSummary] = {}
        self._run_id = 0

    def run(self) -> CrawlSummary:
        """Open or continue a run, work until nothing is left, close it."""
        started = datetime.now(UTC)
        policy = self._policy
        self._run_id = self._ledger.open_run(policy.run, policy.resume_hours, fresh=policy.dry_run)
        if not policy.dry_run:
            self._ledger.note_sites(self._sites)
        self._tell(RunStarted(self._run_id, len(self._sites)))
        jobs: list[Job] = []
        for site in self._sites:
            source = SourceRun(site, policy, self._ledger, self._run_id)
            figures = self._ledger.source_in_run(self._run_id, site.id)
            if figures is not None and figures.state == "complete" and not policy.dry_run:
                self._source_done(SourceSummary(site.id, site.name, figures, source.previous))
            else:
                jobs.extend(source.first_jobs())
        for job in jobs:
            self._queues.put(job)
        try:
            self._work_all()
        finally:
            self._fetcher.close()
        self._ledger.close_run(self._run_id)
        return CrawlSummary(
            self._run_id,
            started,
            datetime.now(UTC),
            tuple(self._done[site.id] for site in self._sites),
            dict(self._outcomes),
            self._wire_bytes,
            tuple(self._plan),
        )

    def _work_all(self) -> None:
        workers = max(1, min(self._policy.workers, 1024))
        with ThreadPoolExecutor(workers, thread_name_prefix="crawl") as pool:
            tasks = [pool.submit(self._work) for _ in range(workers)]
            try:
                for task in tasks:
                    task.result()
            except BaseException:
                self._queues.stop()
                raise

    def _work(self) -> None:
        try:
            while (job := self._queues.take()) is not None:
                pause = self._perform(job)
                self._queues.done(job.host, pause)
        except BaseException:
            self._queues.stop()
            raise

    # One turn at a host

    def _perform(self, job: Job) -> float:
        """Do the next thing for a job; returns the seconds its host then rests."""
        host, site = self._host(job.host), job.source.site
        if host.circuit:
            self._give_up(job, f"{host.host}: {host.circuit}")
            return 0.0
        closed_for = seconds_until_window(site.window, datetime.now(UTC))
        if closed_for > 0:
            if closed_for > self._policy.patience.window_wait:
                self._give_up(job, "outside the site's window")
            else:
                self._queues.put(job, closed_for)
            return 0.0
        rules = self._rules.get(origin(job.url))
        if rules is None:
            self._ask_robots(job, host)
            self._queues.put(job)
            return self._rest(host, site)
        if not rules.permits(job.url):
            self._finish(job, _refused_by(rules, job.url))
            return 0.0
        if job.kind == "page" and self._policy.dry_run:
            self._plan_page(job)
            return 0.0
        return self._ask(job, host)

    def _ask(self, job: Job, host: HostState) -> float:
        policy = self._policy
        access = self._access(job.source.site, host)
        attempt = self._fetcher.fetch(self._request(job), access, self._permits)
        self._count(job, attempt)
        if attempt.outcome is Outcome.TLS and (
            profile := next_profile(access.tls_profile, attempt.detail, access.ca_file)
        ):
            host.tls_profile, host.changed = profile, True
            self._again(job, attempt, 0.0)
            return self._rest(host, job.source.site)
        opened = host.learn(attempt, policy.patience)
        self._remember_host(host, attempt)
        wait = 0.0
        if attempt.outcome is Outcome.THROTTLED:
            asked = retry_after(attempt.headers.get("retry-after"), datetime.now(UTC))
            wait = backoff(job.tries + 1, policy.patience) if asked is None else asked
            if wait > policy.patience.retry_after_ceiling:
                opened = host.defer(f"deferred: asked to wait {wait:.0f} s")
                wait = 0.0
        follow = None if opened else self._next_job(job, attempt)
        if follow is not None:
            delay = max(wait, backoff(follow.tries, policy.patience)) if follow.tries > job.tries else 0.0
            self._again(follow, attempt, delay, job)
        else:
            self._finish(job, self._scoped(job, attempt))
        if opened:
            self._open_circuit(host, opened)
        return max(wait, self._rest(host, job.source.site))

    def _next_job(self, job: Job, attempt: Attempt) -> Job | None:
        """The job to queue because of how the attempt ended: another address, another try; None if it is
        done."""
        outcome = attempt.outcome
        if outcome in {Outcome.REDIRECTED, Outcome.REDIRECT_SHELL} and attempt.target is not None:
            shells = job.shells + (outcome is Outcome.REDIRECT_SHELL)
            if (
                shells > 1
                or job.hops >= self._policy.limits.redirects
                or not self._in_scope(job, attempt.target)
            ):
                return None
            return replace(job.moved(attempt.target), shells=shells)
        if (
            outcome in RETRIED or outcome is Outcome.THROTTLED
        ) and job.tries + 1 < self._policy.patience.tries:
            return replace(job, tries=job.tries + 1)
        return None

    def _in_scope(self, job: Job, address: str) -> bool:
        return in_scope(address, job.source.site.lists, job.source.site.hosts)

    def _scoped(self, job: Job, attempt: Attempt) -> Attempt:
        """A redirect that is not followed is out of scope, or one too many."""
        if attempt.outcome is not Outcome.REDIRECTED or attempt.target is None:
            return attempt
        outcome = Outcome.REDIRECT_LOOP if self._in_scope(job, attempt.target) else Outcome.OUT_OF_SCOPE
        return replace(attempt, outcome=outcome, detail=attempt.target)

    def _again(self, job: Job, attempt: Attempt, wait: float, before: Job | None = None) -> None:
        site_id = (before or job).source.site.id
        self._ledger.note_attempt(self._run_id, site_id, job.kind, attempt, self._evidence(attempt))
        self._queues.put(job, wait)

    # Robots and access

    def _ask_robots(self, job: Job, host: HostState) -> None:
        base = origin(job.url)
        access = self._access(job.source.site, host)
        attempt = self._fetcher.fetch(Request(f"{base}/robots.txt", across_hosts=True), access)
        profile = next_profile(access.tls_profile, attempt.detail, access.ca_file)
        while attempt.outcome is Outcome.TLS and profile is not None:
            self._ledger.note_attempt(self._run_id, job.source.site.id, "robots", attempt)
            host.tls_profile, host.changed = profile, True
            access = self._access(job.source.site, host)
            attempt = self._fetcher.fetch(Request(f"{base}/robots.txt", across_hosts=True), access)
            profile = next_profile(access.tls_profile, attempt.detail, access.ca_file)
        rules = read_rules(attempt)
        self._rules[base] = rules
        host.crawl_delay = max(host.crawl_delay, rules.crawl_delay)
        host.latency = attempt.seconds
        self._count(replace(job, kind="robots", url=attempt.url), attempt)
        noted = replace(attempt, detail=f"{rules.state} {rules.detail}".strip())
        self._ledger.note_attempt(self._run_id, job.source.site.id, "robots", noted, self._evidence(attempt))
        if attempt.outcome is Outcome.CHALLENGE:
            self._open_circuit(host, host.learn(attempt, self._policy.patience))

    def _permits(self, url: str) -> bool:
        rules = self._rules.get(origin(url))
        return rules is None or rules.permits(url)

    def _access(self, site: Site, host: HostState) -> Access:
        profile = first_profile(site.tls, site.ca_file, host.tls_profile)
        return Access((*self._policy.allow, *site.allow), profile, site.ca_file)

    def _request(self, job: Job) -> Request:
        if job.list_request is not None:
            return Request(job.url, form=job.list_request.form)
        known = job.known
        is_file = names_a_file(job.url)
        if known is None or known.validated_at is None or known.last_result == "gone":
            return Request(job.url, is_file=is_file)
        stale = datetime.now(UTC) - known.validated_at >= timedelta(days=self._policy.revalidate_days)
        if stale:
            return Request(job.url, is_file=is_file)
        return Request(job.url, etag=known.etag, last_modified=known.last_modified, is_file=is_file)

    # Hosts

    def _host(self, name: str) -> HostState:
        state = self._hosts.get(name)
        if state is None:
            noted = self._ledger.host(name)
            state = self._hosts[name] = HostState(name, tls_profile=noted.tls_profile)
            if noted.circuit and noted.circuit_at is not None:
                age = (datetime.now(UTC) - noted.circuit_at).total_seconds()
                if age < self._policy.patience.circuit_seconds:
                    state.circuit = (
                        f"left alone since {noted.circuit_at:%Y-%m-%d %H:%M} UTC ({noted.circuit})"
                    )
                else:
                    state.on_probation = True
        return state

    def _rest(self, host: HostState, site: Site) -> float:
        return host.pause(site.delay_seconds, self._policy.patience)

    def _remember_host(self, host: HostState, attempt: Attempt) -> None:
        if attempt.status is not None and host.changed:
            self._ledger.note_host(host.host, host.tls_profile, host.circuit)
            host.changed = False

    def _open_circuit(self, host: HostState, reason: str) -> None:
        """No more requests to the host in this run: what is queued for it stays pending."""
        self._ledger.note_host(host.host, host.tls_profile, reason)
        self._tell(HostChanged(host.host, "deferred" if reason.startswith("deferred") else "open", reason))
        for job in self._queues.drain(host.host):
            self._give_up(job, f"{host.host}: {reason}")

    # Ends

    def _finish(self, job: Job, attempt: Attempt) -> None:
        if job.kind == "list":
            self._finish_list(job, attempt)
        else:
            self._finish_page(job, attempt)

    def _finish_list(self, job: Job, attempt: Attempt) -> None:
        self._ledger.note_attempt(self._run_id, job.source.site.id, "list", attempt, self._evidence(attempt))
        trouble = list_trouble(attempt)
        if trouble is None:
            text = text_of(attempt.body or b"", attempt.declared_charset)
            try:
                jobs, found = job.source.on_list(job, attempt, text)
            except (ListUnreadable, ValueError, LookupError, RecursionError) as error:
                jobs = job.source.on_list_failed(job, f"{type(error).__name__}: {error}")
            else:
                self._tell(Listed(job.source.site.id, job.url, found, job.source.listed))
        else:
            jobs = job.source.on_list_failed(job, trouble)
        self._settle(job, jobs)

    def _finish_page(self, job: Job, attempt: Attempt) -> None:
        known = job.known
        if known is None:
            raise CrawlerError(f"{job.url}: a page that no list named")
        keep = attempt.outcome is Outcome.OK and attempt.body
        kept = self._archive.put(attempt.body or b"") if keep else self._evidence(attempt)
        site_id = job.source.site.id
        result = self._ledger.note_page(self._run_id, site_id, known.key, attempt, kept)
        job.source.on_page(result)
        self._tell(PageDone(site_id, known.source, job.title, result))
        self._settle(job, [])

    def _plan_page(self, job: Job) -> None:
        request = self._request(job)
        conditional = bool(request.etag or request.last_modified)
        planned = PlannedFetch(job.source.site.id, job.url, job.title, job.published_on, conditional)
        with self._telling:
            self._plan.append(planned)
        self._tell(planned)
        self._settle(job, [])

    def _give_up(self, job: Job, why: str) -> None:
        self._settle(job, job.source.on_pending(job, why))

    def _settle(self, job: Job, jobs: list[Job]) -> None:
        for following in jobs:
            self._queues.put(following)
        if job.source.settle():
            site, figures = job.source.site, job.source.figures()
            if not self._policy.dry_run:
                narrowed = bool(self._policy.years) or self._policy.limit is not None
                self._ledger.finish_source(self._run_id, site.id, figures, narrowed)
            self._source_done(SourceSummary(site.id, site.name, figures, job.source.previous))

    def _source_done(self, summary: SourceSummary) -> None:
        self._done[summary.site_id] = summary
        self._tell(SourceDone(summary))

    def _evidence(self, attempt: Attempt) -> str | None:
        return self._archive.put(attempt.body) if attempt.outcome in _EVIDENCE and attempt.body else None

    def _count(self, job: Job, attempt: Attempt) -> None:
        with self._telling:
            self._outcomes[attempt.outcome.value] += 1
            self._wire_bytes += attempt.wire_bytes
        self._tell(
            Attempted(
                job.source.site.id, job.kind, attempt.url, attempt.outcome, attempt.detail, attempt.seconds
            )
        )

    def _tell(self, event: Event) -> None:
        with self._telling:
            self._on_event(event)


def _refused_by(rules: Rules, url: str) -> Attempt:
    outcome = Outcome.ROBOTS_UNREACHABLE if rules.state == "unreachable" else Outcome.ROBOTS_DISALLOWED
    return Attempt(url, url, outcome, rules.detail, datetime.now(UTC), 0.0)
