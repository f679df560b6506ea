"""A crawl: sources become jobs, jobs queue by host, workers ask, the ledger remembers."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from crawlers.addresses import origin
from crawlers.archive import Archive
from crawlers.errors import BadSite, CrawlerError
from crawlers.events import (
    CrawlSummary,
    HostChanged,
    Listed,
    OnEvent,
    PageDone,
    PlannedFetch,
    RunStarted,
    SourceDone,
    SourceSummary,
    VantageDoubted,
)
from crawlers.families.registry import FAMILIES
from crawlers.fetch import Fetcher, Request
from crawlers.host_book import HostBook
from crawlers.jobs import EVIDENCE, Job, led_astray, next_job, refused_by, request_of, settled_outcome
from crawlers.leases import Leases
from crawlers.list_reading import READERS, ListReading, list_trouble, read_or_told
from crawlers.markup import text_of
from crawlers.outcomes import Attempt, Outcome
from crawlers.policy import Policy
from crawlers.politeness import HostState, backoff, retry_after, seconds_until_window
from crawlers.progress import Progress
from crawlers.queues import HostQueues
from crawlers.robots import read_rules
from crawlers.sites import Site
from crawlers.source_run import SourceRun
from crawlers.tls import next_profile

_SILENT_FROM = 3
_ASK_AGAIN_SECONDS = 0.5
"""Between two looks whether the other crawl is done with a host."""


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
    for site in wanted:
        if site.family != "auto" and site.family not in FAMILIES:
            raise BadSite(f"site {site.id}: family {site.family!r} is none of {', '.join(FAMILIES)}, auto")
    return _Crawl(wanted, archive, policy, on_event).run()


class _Crawl:
    """One call of `crawl`: what its workers share."""

    def __init__(self, sites: Sequence[Site], archive: Archive, policy: Policy, on_event: OnEvent) -> None:
        self._sites = sites
        self._archive = archive
        self._ledger = archive.ledger
        self._policy = replace(policy, settled_since=policy.settled_since or datetime.now(UTC))
        self._progress = Progress(on_event)
        self._queues: HostQueues[Job] = HostQueues()
        self._reading = ListReading()
        self._fetcher = Fetcher(policy.user_agent, policy.limits, policy.proxy)
        self._leases = Leases(archive.ledger)
        self._hosts = HostBook(archive.ledger, policy, self._leases)
        self._done: dict[str, SourceSummary] = {}
        self._run_id = 0
        self._vantage = policy.vantage or socket.gethostname()

    def run(self) -> CrawlSummary:
        """Open or continue a run, work until nothing is left, close it."""
        started = datetime.now(UTC)
        policy = self._policy
        self._run_id = self._ledger.open_run(policy.run, policy.resume_hours, fresh=policy.dry_run)
        if not policy.dry_run:
            self._ledger.note_sites(self._sites)
            self._ledger.note_vantage(self._run_id, self._vantage)
        self._progress.tell(RunStarted(self._run_id, len(self._sites)))
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
        self._leases.start()
        try:
            self._leases.hold(self._lease_of_run(self._leases.owner))
            self._work_all()
            self._doubt_the_vantage()
            of_one_call = policy.run is None or policy.dry_run
            if of_one_call and not self._leases.others(self._lease_of_run("")):
                self._ledger.close_run(self._run_id)
        finally:
            self._fetcher.close()
            self._leases.stop()
        return CrawlSummary(
            self._run_id,
            started,
            datetime.now(UTC),
            tuple(self._done[site.id] for site in self._sites),
            dict(self._progress.outcomes),
            self._progress.wire_bytes,
            tuple(self._progress.plan),
        )

    def _work_all(self) -> None:
        workers = max(1, min(self._policy.workers, 1024))
        with ThreadPoolExecutor(workers + READERS, thread_name_prefix="crawl") as pool:
            tasks = [pool.submit(self._work) for _ in range(workers)]
            readers = [pool.submit(self._read_lists) for _ in range(READERS)]
            try:
                for task in tasks:
                    task.result()
            except BaseException:
                self._queues.stop()
                raise
            finally:
                # Where every worker ended by itself, nothing waits to be read: its host would still be busy.
                self._reading.end()
            for reader in readers:
                reader.result()

    def _doubt_the_vantage(self) -> None:
        """Half the hosts silent at once, and several of them: that is no news of the sites."""
        asked, unreached = self._hosts.reach
        if unreached >= _SILENT_FROM and unreached * 2 >= asked:
            self._hosts.forgive_silence()
            self._progress.tell(VantageDoubted(self._vantage, asked, unreached))

    def _lease_of_run(self, owner: str) -> str:
        return f"run {self._run_id} {owner}"

    def _work(self) -> None:
        try:
            while (job := self._queues.take()) is not None:
                pause = self._perform(job)
                if pause is not None:
                    self._end_turn(job, pause)
        except BaseException:
            self._queues.stop()
            raise

    def _read_lists(self) -> None:
        try:
            self._reading.work()
        except BaseException:
            self._queues.stop()
            raise

    def _end_turn(self, job: Job, pause: float) -> None:
        if self._queues.is_last(job.host):
            self._hosts.give_turn(self._hosts.state(job.host), pause)
        self._queues.done(job.host, pause)

    # One turn at a host

    def _perform(self, job: Job) -> float | None:
        """Do the next thing for a job; returns the seconds its host then rests. None: the turn lasts until the list
        that came is read."""
        host, site = self._hosts.state(job.host), job.source.site
        wait = self._wait_for_turn(job, host)
        if wait is not None:
            return wait
        if host.shared and self._done_elsewhere(job):
            return 0.0
        rules = self._hosts.rules(job.url)
        if rules is None:
            self._ask_robots(job, host)
            self._queues.put(job)
            return self._hosts.rest(host, site)
        if rules.permits(job.url) and not (job.kind == "page" and self._policy.dry_run):
            return self._ask(job, host)
        if rules.permits(job.url):
            self._plan_page(job)
        else:
            self._finish(job, refused_by(rules, job.url))
        return 0.0

    def _wait_for_turn(self, job: Job, host: HostState) -> float | None:
        """None if the host may be asked now; else the job is queued again or given up, and the host rests so
        long."""
        if job.source.adopted is not None:
            self._settle(job, [])
            return 0.0
        closed_for = seconds_until_window(job.source.site.window, datetime.now(UTC))
        if closed_for > self._policy.patience.window_wait:
            self._give_up(job, "outside the site's window")
            return 0.0
        if closed_for > 0:
            self._queues.put(job, closed_for)
            return 0.0
        turn = 0.0 if host.circuit else self._hosts.take_turn(host)
        if host.circuit:
            self._give_up(job, f"{host.host}: {host.circuit}")
            return 0.0
        if turn is None or turn > 0:
            self._queues.put(job)
            if turn is None:
                self._progress.tell(HostChanged(host.host, "waiting", "another crawl is at it"))
            return _ASK_AGAIN_SECONDS if turn is None else turn
        return None

    def _done_elsewhere(self, job: Job) -> bool:
        """Whether the crawl that had this host meanwhile did this job for us, in the same run."""
        if job.kind == "list":
            job.source.adopted = self._ledger.source_in_run(self._run_id, job.source.site.id)
            if job.source.adopted is None:
                return False
        elif job.known is not None:
            result = job.source.settled(self._ledger.page(job.known.key))
            if result is None:
                return False
            job.source.on_page(result, job.attached)
        self._settle(job, [])
        return True

    def _ask(self, job: Job, host: HostState) -> float | None:
        policy = self._policy
        access = self._hosts.access(job.source.site, host)
        attempt = self._fetcher.fetch(request_of(job, self._policy), access, self._hosts.permits)
        attempt = led_astray(job, attempt)
        ended = time.monotonic()
        self._count(job, attempt)
        if attempt.outcome is Outcome.TLS and (
            profile := next_profile(access.tls_profile, attempt.detail, access.ca_file)
        ):
            host.tls_profile, host.changed = profile, True
            self._again(job, attempt, 0.0)
            return _left(self._hosts.rest(host, job.source.site), ended)
        opened = host.learn(attempt, policy.patience)
        self._hosts.remember(host, attempt)
        wait = 0.0
        if attempt.outcome is Outcome.THROTTLED:
            asked = retry_after(attempt.headers.get("retry-after"), datetime.now(UTC))
            wait = backoff(job.tries + 1, policy.patience) if asked is None else asked
            if wait > policy.patience.retry_after_ceiling:
                opened = f"deferred: asked to wait {wait:.0f} s"
                wait = 0.0
        follow = None if opened else next_job(job, attempt, policy)
        if follow is not None:
            delay = max(wait, backoff(follow.tries, policy.patience)) if follow.tries > job.tries else 0.0
            self._again(follow, attempt, delay, job)
        elif job.kind == "list" and not opened and self._handed_over(job, attempt, wait, ended):
            return None
        else:
            self._finish(job, settled_outcome(job, attempt))
        if opened:
            self._open_circuit(host, opened)
        return _left(max(wait, self._hosts.rest(host, job.source.site)), ended)

    def _handed_over(self, job: Job, attempt: Attempt, wait: float, ended: float) -> bool:
        """Whether a reader takes a list over, and with it the end of the host's turn."""

        def read() -> None:
            self._finish_list(job, settled_outcome(job, attempt))
            host = self._hosts.state(job.host)
            self._end_turn(job, _left(max(wait, self._hosts.rest(host, job.source.site)), ended))

        return self._reading.take_over(len(attempt.body or b""), read)

    def _again(self, job: Job, attempt: Attempt, wait: float, before: Job | None = None) -> None:
        site_id = (before or job).source.site.id
        self._ledger.note_attempt(self._run_id, site_id, job.kind, attempt, self._evidence(attempt))
        self._queues.put(job, wait)

    # Robots and requests

    def _ask_robots(self, job: Job, host: HostState) -> None:
        base = origin(job.url)
        access = self._hosts.access(job.source.site, host)
        attempt = self._fetcher.fetch(Request(f"{base}/robots.txt", across_hosts=True), access)
        profile = next_profile(access.tls_profile, attempt.detail, access.ca_file)
        while attempt.outcome is Outcome.TLS and profile is not None:
            self._ledger.note_attempt(self._run_id, job.source.site.id, "robots", attempt)
            host.tls_profile, host.changed = profile, True
            access = self._hosts.access(job.source.site, host)
            attempt = self._fetcher.fetch(Request(f"{base}/robots.txt", across_hosts=True), access)
            profile = next_profile(access.tls_profile, attempt.detail, access.ca_file)
        rules = read_rules(attempt)
        self._hosts.set_rules(job.url, rules, host)
        host.note_reach(attempt)
        host.latency = attempt.seconds
        self._count(replace(job, kind="robots", url=attempt.url), attempt)
        noted = replace(attempt, detail=f"{rules.state} {rules.detail}".strip())
        self._ledger.note_attempt(self._run_id, job.source.site.id, "robots", noted, self._evidence(attempt))
        if attempt.outcome is Outcome.CHALLENGE:
            self._open_circuit(host, host.learn(attempt, self._policy.patience))

    def _open_circuit(self, host: HostState, reason: str) -> None:
        """No more requests to the host in this run: what is queued for it stays pending."""
        self._hosts.open_circuit(host, reason)
        self._progress.tell(
            HostChanged(host.host, "deferred" if reason.startswith("deferred") else "open", reason)
        )
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
            source, text = job.source, text_of(attempt.body or b"", attempt.declared_charset)
            jobs, found = read_or_told(
                lambda: source.on_list(job, attempt, text),
                lambda why: (source.on_list_failed(job, why), None),
            )
            if found is not None:
                self._progress.tell(Listed(source.site.id, job.url, found, source.listed))
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
        job.source.on_page(result, job.attached)
        self._progress.tell(PageDone(site_id, known.source, job.title, result))
        following = read_or_told(
            lambda: job.source.attached_jobs(job, attempt, result),
            lambda why: job.source.on_files_unread(job, why),
        )
        self._settle(job, following)

    def _plan_page(self, job: Job) -> None:
        request = request_of(job, self._policy)
        conditional = bool(request.etag or request.last_modified)
        planned = PlannedFetch(job.source.site.id, job.url, job.title, job.published_on, conditional)
        self._progress.planned(planned)
        self._settle(job, [])

    def _give_up(self, job: Job, why: str) -> None:
        self._settle(job, job.source.on_pending(job, why))

    def _settle(self, job: Job, jobs: list[Job]) -> None:
        for following in jobs:
            self._queues.put(following)
        source = job.source
        if not source.settle():
            return
        site, figures = source.site, source.adopted or source.figures()
        if source.adopted is None and not self._policy.dry_run:
            narrowed = bool(self._policy.years) or self._policy.limit is not None
            self._ledger.finish_source(self._run_id, site.id, figures, narrowed)
        self._source_done(SourceSummary(site.id, site.name, figures, source.previous))

    def _source_done(self, summary: SourceSummary) -> None:
        self._done[summary.site_id] = summary
        self._progress.tell(SourceDone(summary))

    def _evidence(self, attempt: Attempt) -> str | None:
        return self._archive.put(attempt.body) if attempt.outcome in EVIDENCE and attempt.body else None

    def _count(self, job: Job, attempt: Attempt) -> None:
        self._progress.attempted(job.source.site.id, job.kind, attempt)
        self._progress.tell_hosts(self._queues, self._hosts)


def _left(pause: float, since: float) -> float:
    """What is left of a pause that began at a monotonic time: reading and storing an answer is part of it."""
    return max(0.0, pause - (time.monotonic() - since))
