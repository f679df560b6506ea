"""One source in one crawl: its lists leafed through, its pages counted, and at the end what it gave.

Nothing is inferred from a list that failed, emptied or halved; pages that a list no longer names are asked
again all the same and stay in force.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from crawlers.addresses import canonical_key, host_key, in_scope
from crawlers.attached_files import attached_to, linked_files, note_attached
from crawlers.errors import ListUnreadable
from crawlers.families.listing import Family, Link, ListPage, ListRequest, is_folder
from crawlers.families.registry import family_named, recognise
from crawlers.jobs import Job
from crawlers.leafing import Lists, may_be_cut
from crawlers.ledger import Ledger
from crawlers.outcomes import REFUSALS, Attempt, Outcome
from crawlers.policy import Policy
from crawlers.records import KEPT_RESULTS, Entry, Known, PassedOver, SourceFigures, which_results
from crawlers.sites import Site
from crawlers.titles import carries_phrase, names_the_column, passing_reason, report_years

FRAMES_AT_MOST = 4
BARREN_PAGES_AT_MOST = 3
"""So many list pages in a row that show nothing new are followed; a pager without end goes no further."""
_FIRST_PAGE = re.compile(r"(?<!\d)[01](?!.*\d)")
HALVING_MATTERS_FROM = 4
"""Below this many reports, a list that halves may just have dropped one or two."""


class SourceRun:
    """The state of one source; its methods may be called from any worker."""

    def __init__(self, site: Site, policy: Policy, ledger: Ledger, run_id: int) -> None:
        """`previous` and the known pages are read here, before anything of this run is written."""
        self.site = site
        self.previous = ledger.last_source(site.id, before_run=run_id)
        self.outstanding = 0
        self.adopted: SourceFigures | None = None
        self._policy = policy
        self._ledger = ledger
        self._run_id = run_id
        self._lock = threading.Lock()
        self._family: Family | None = None if site.family == "auto" else family_named(site.family)
        self._lists = Lists()
        self._listed: dict[str, Known] = {}
        self._passed: set[str] = set()
        self._results: Counter[str] = Counter()
        self._taken = 0

    @property
    def listed(self) -> int:
        """Distinct reports listed so far."""
        return len(self._listed)

    def knows(self, key: str) -> bool:
        """Whether the key is that of a list page asked for, or of a report listed so far."""
        return key in self._asked() or key in self._listed

    def _asked(self) -> set[str]:
        with self._lock:
            return {key for key, _ in self._lists.asked}

    def first_jobs(self) -> list[Job]:
        """The first list pages."""
        with self._lock:
            return self._list_jobs([self._first_request(address) for address in self.site.lists])

    def _first_request(self, address: str) -> ListRequest:
        if self._family is not None:
            return self._family.first(address)
        return recognise(address, "").first(address)

    def _list_jobs(self, requests: Sequence[ListRequest]) -> list[Job]:
        jobs = []
        for request in requests:
            key = (canonical_key(request.url), request.form)
            if key in self._lists.asked:
                continue
            if len(self._lists.asked) >= self._policy.max_list_pages:
                self._lists.remarks.append(f"more than {self._policy.max_list_pages} list pages")
                break
            if not in_scope(request.url, self.site.lists, self.site.hosts):
                self._lists.remarks.append(f"the pager leaves the site: {request.url}")
                continue
            self._lists.asked.add(key)
            jobs.append(Job(self, "list", request.url, host_key(request.url), list_request=request))
        self.outstanding += len(jobs)
        self._lists.open += len(jobs)
        return jobs

    # Lists

    def on_list(self, job: Job, attempt: Attempt, text: str) -> tuple[list[Job], int | None]:
        """A list page came: (what to do next, reports it names that were new to this run). Raises ListUnreadable."""
        request = job.list_request
        if request is None:
            raise ListUnreadable(f"{job.url}: no list was asked for")
        family = self._family or recognise(request.url, text)
        # Relative links start where the answer came from.
        page = family.read(replace(request, url=attempt.final_url), text)
        if attempt.outcome is Outcome.SCRIPT_SHELL and not (page.links or page.more):
            raise ListUnreadable(f"{request.url}: {attempt.outcome}, and its list is nowhere in it")
        entries, passed = self._sorted(page)
        title = dict(request.context).get("title")
        if title is not None and not (entries or passed or page.more):
            # What looked like a year's folder is the year's report itself.
            entries = [Entry(canonical_key(attempt.final_url), attempt.final_url, title, None)]
        if self._policy.dry_run:
            known = self._ledger.peek(entries)
        else:
            known = self._ledger.note_list_page(self._run_id, self.site.id, entries, passed)
        with self._lock, self._counted_whole():
            self._note_page(job, page)
            if may_be_cut(attempt):
                self._lists.remarks.append(f"{job.url}: the answer may be cut, nothing shows its end")
            self._passed.update(link.url for link in passed)
            fresh = [
                (entry, page_known)
                for entry, page_known in zip(entries, known, strict=True)
                if entry.key not in self._listed
            ]
            jobs = self._list_jobs(self._leading_on(job, page, bool(entries or passed)))
            for entry, page_known in fresh:
                if entry.key not in self._listed:
                    self._listed[entry.key] = page_known
                    jobs.extend(self._page_jobs(page_known, entry))
            jobs.extend(self._list_ended())
        return jobs, len(fresh)

    @contextmanager
    def _counted_whole(self) -> Iterator[None]:
        """Jobs that were counted and, because of an error, will not be queued do not keep the source waiting."""
        before = self.outstanding, self._lists.open
        try:
            yield
        except BaseException:
            self.outstanding, self._lists.open = before
            raise

    def on_list_failed(self, job: Job, why: str) -> list[Job]:
        """A list page could not be had, or not be read: the source cannot be complete."""
        with self._lock:
            self._lists.failures.append(f"{job.url}: {why}")
            return self._list_ended()

    def _note_page(self, job: Job, page: ListPage) -> None:
        self._lists.read += 1
        if page.blocked_pager:
            self._lists.remarks.append(f"{job.url}: only a script can turn to the next page")
        if page.pages is not None:
            self._lists.pages = max(self._lists.pages or 0, page.pages)
        if page.total is not None and page.rows is not None:
            self._lists.total = max(self._lists.total or 0, page.total)
        if page.rows is not None and not self._repeats(job, page):
            self._lists.rows[job.url + str(job.list_request)] = page.rows

    def _repeats(self, job: Job, page: ListPage) -> bool:
        """Whether a page shows just what another did: an interface that does not turn its pages."""
        rows = frozenset(canonical_key(link.url) for link in page.links if link.in_row)
        return bool(rows) and self._lists.shown.get(rows, job.url) != job.url

    def _leading_on(self, job: Job, page: ListPage, speaks: bool) -> Sequence[ListRequest]:
        """The list pages to ask for because of this one: those of its pager, or its frames where it names no report
        and has no pager. A pager that goes on and on without showing anything new is left."""
        lists = self._lists
        rows = frozenset(canonical_key(link.url) for link in page.links if link.in_row)
        found = rows or {canonical_key(link.url) for link in page.links}
        first_shown = lists.shown.setdefault(rows, job.url) if rows else job.url
        if first_shown != job.url and not _FIRST_PAGE.search(job.url):
            lists.remarks.append(f"{job.url} shows what {first_shown} showed")
        barren = 0 if found - lists.seen else lists.barren.get(job.url, 0) + 1
        lists.seen |= found
        if not speaks and not page.more and job.url not in lists.framed:
            framed = [frame for frame in page.frames if in_scope(frame.url, self.site.lists, self.site.hosts)]
            lists.framed.update(frame.url for frame in framed)
            return framed[:FRAMES_AT_MOST]
        if page.more and barren >= BARREN_PAGES_AT_MOST:
            lists.remarks.append(
                f"{job.url}: the pager goes on, and {barren} pages in a row showed nothing new"
            )
            return ()
        for request in page.more:
            lists.barren.setdefault(request.url, barren)
        return page.more

    def _sorted(self, page: ListPage) -> tuple[list[Entry], list[PassedOver]]:
        """The page's links as reports and as links passed over with a reason."""
        entries: list[Entry] = []
        passed: list[PassedOver] = []
        asked = self._asked()
        for link in page.links:
            if canonical_key(link.url) in asked:
                continue
            reason = self._reason(link)
            if reason is None:
                entries.append(Entry(canonical_key(link.url), link.url, link.title, link.published_on))
            elif reason:
                passed.append(PassedOver(link.url, link.title, reason))
        return entries, passed

    def _reason(self, link: Link) -> str | None:
        """None for a report; why a link that speaks of reports is passed over; "" for any other link of the page."""
        speaks = link.by_address or carries_phrase(link.title)
        if not speaks and not (self.site.titles == "any" and link.in_row and not is_folder(link.url)):
            return ""
        if names_the_column(link.title) and link.published_on is None and is_folder(link.url):
            return "column"
        reason = passing_reason(link.title)
        if reason is not None:
            return reason
        return None if in_scope(link.url, self.site.lists, self.site.hosts) else "out_of_scope"

    def _list_ended(self) -> list[Job]:
        """After the last list page, the pages that earlier runs knew and these lists do not name are asked, too."""
        self._lists.open -= 1
        if self._lists.open:
            return []
        self._lists.forget_links()
        if self._policy.years:
            return []
        jobs: list[Job] = []
        for known in self._ledger.known_pages(self.site.id, besides=self._listed):
            jobs.extend(self._page_jobs(known, None))
        return jobs

    # Pages

    def _page_jobs(self, known: Known, entry: Entry | None) -> list[Job]:
        policy = self._policy
        if policy.years and entry is not None:
            years = report_years(entry.title, entry.published_on)
            if years and not years & policy.years:
                return []
        if policy.limit is not None and self._taken >= policy.limit:
            return []
        self._taken += 1
        # The text that `known` holds already, where they are equal: a night has tens of thousands of these jobs.
        url = known.source if entry is None or entry.url == known.source else entry.url
        title, published_on = (entry.title, entry.published_on) if entry is not None else (None, None)
        job = Job(self, "page", url, host_key(url), known=known, title=title, published_on=published_on)
        if (result := self.settled(known)) is not None:
            self._results[result] += 1
            # A crawl that was killed may have had the page, and not its files.
            return self._file_jobs(job, attached_to(self._ledger, known.key))
        self.outstanding += 1
        return [job]

    def settled(self, known: Known) -> str | None:
        """The result of a page that this run, or another one lately enough, is done with; None if it is to be asked."""
        since = self._policy.settled_since
        lately = since is not None and known.validated_at is not None and known.validated_at >= since
        done = known.last_result in KEPT_RESULTS and (known.last_run == self._run_id or lately)
        return known.last_result if done else None

    def attached_jobs(self, job: Job, attempt: Attempt, result: str) -> list[Job]:
        """The files that belong to a page which came, or is unchanged: those it links, or was known to link."""
        if job.attached or job.known is None or result not in ("new", "changed", "unchanged"):
            return []
        if attempt.body:
            linked = linked_files(attempt.final_url, attempt.body, attempt.declared_charset)
            files = [url for url in linked if in_scope(url, self.site.lists, self.site.hosts)]
            if result == "new" and not files:
                return []
            known = note_attached(self._ledger, job.known.key, files)
        else:
            known = attached_to(self._ledger, job.known.key)
        with self._lock:
            return self._file_jobs(job, known)

    def _file_jobs(self, job: Job, files: Sequence[Known]) -> list[Job]:
        """Jobs for those of a page's files that are not done with."""
        again = replace(job, attached=True, tries=0, hops=0, shells=0)
        jobs = [
            replace(again, url=file.source, host=host_key(file.source), known=file)
            for file in files
            if self.settled(file) is None
        ]
        self.outstanding += len(jobs)
        return jobs

    def on_files_unread(self, job: Job, why: str) -> list[Job]:
        """Which files belong to a page could not be read: the source cannot be complete."""
        with self._lock:
            self._lists.remarks.append(f"{job.url}: its files: {why}")
        return []

    def on_page(self, result: str, attached: bool = False) -> None:
        """A page has its result. An attached file counts only where it could not be had."""
        if attached and result in KEPT_RESULTS:
            return
        with self._lock:
            self._results[result] += 1

    def on_pending(self, job: Job, why: str) -> list[Job]:
        """A job was given up before it was asked: its host is left alone."""
        if job.kind == "list":
            return self.on_list_failed(job, why)
        with self._lock:
            self._results["pending"] += 1
        return []

    def settle(self, count: int = 1) -> bool:
        """So many jobs are done with; tells whether they were the last."""
        with self._lock:
            self.outstanding -= count
            return self.outstanding == 0

    # The end

    def figures(self) -> SourceFigures:
        """What the source gave."""
        counted = {name: self._results[name] for name in ("new", "changed", "unchanged", "gone", "pending")}
        refused = sum(self._results[outcome.value] for outcome in REFUSALS)
        failed = sum(self._results.values()) - sum(counted.values()) - refused
        figures = SourceFigures(
            "complete",
            "",
            listed=len(self._listed),
            passed_over=len(self._passed),
            refused=refused,
            failed=failed,
            **counted,
        )
        state, reason = self._judged(figures)
        return replace(figures, state=state, reason=reason)

    def _judged(self, figures: SourceFigures) -> tuple[str, str]:
        lists = self._lists
        if not lists.read:
            return "failed", "; ".join(lists.failures) or "no list page was read"
        incomplete = [*lists.failures, *lists.remarks]
        rows = sum(lists.rows.values())
        if lists.total is not None and rows < lists.total:
            incomplete.append(f"the list says {lists.total} entries and showed {rows}")
        if lists.pages is not None and lists.read < lists.pages and not lists.failures:
            incomplete.append(f"the list says {lists.pages} pages and {lists.read} were read")
        fallen = self._fallen(figures.listed)
        if fallen and not lists.failures:
            return "failed", "; ".join([fallen, *incomplete])
        incomplete.extend(
            f"{count} pages {name}{which_results(self._results, name)}"
            for name, count in (
                ("failed", figures.failed),
                ("refused", figures.refused),
                ("pending", figures.pending),
            )
            if count
        )
        return ("incomplete", "; ".join(incomplete)) if incomplete else ("complete", "")

    def _fallen(self, listed: int) -> str:
        """Why a list that was read to the end cannot be believed, or ""."""
        site, before = self.site, self._ledger.last_source(self.site.id, self._run_id, complete=True)
        if before is not None and before.listed and not listed:
            return f"the list emptied: {before.listed} reports last time, none now"
        if before is not None and before.listed >= HALVING_MATTERS_FROM and listed * 2 <= before.listed:
            return f"the list halved: {before.listed} reports last time, {listed} now"
        if not listed:
            return "the list names no report"
        if listed < site.min_reports:
            return f"{listed} reports listed, at least {site.min_reports} expected"
        return ""
