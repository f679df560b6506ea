"""Jobs: something to ask of a host for a source, and what follows from how the asking ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from crawlers.addresses import (
    canonical_key,
    host_key,
    in_scope,
    is_front_page,
    names_a_file,
    names_a_picture,
    names_an_error,
)
from crawlers.families.listing import ListRequest
from crawlers.fetch import Request
from crawlers.outcomes import RETRIED, Attempt, Outcome
from crawlers.policy import Policy
from crawlers.records import Known
from crawlers.robots import Rules

if TYPE_CHECKING:
    from crawlers.source_run import SourceRun

EVIDENCE = frozenset(
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


@dataclass(frozen=True, slots=True)
class Job:
    """Something to ask of a host for a source. `tries` and `hops` count what this job has been through
    already."""

    source: SourceRun
    kind: str
    url: str
    host: str
    list_request: ListRequest | None = None
    known: Known | None = None
    title: str | None = None
    published_on: date | None = None
    tries: int = 0
    hops: int = 0
    shells: int = 0
    attached: bool = False
    """Whether it is a file that belongs to a page, and no page of its own."""

    def moved(self, url: str) -> Job:
        """The same job at another address."""
        return replace(self, url=url, host=host_key(url), hops=self.hops + 1)


def request_of(job: Job, policy: Policy) -> Request:
    """The request a job stands for; conditional where the page is known and was fully read not long ago."""
    if job.list_request is not None:
        return Request(job.url, form=job.list_request.form)
    known = job.known
    is_picture = job.attached and names_a_picture(job.url)
    request = Request(job.url, is_file=is_picture or names_a_file(job.url), is_picture=is_picture)
    if known is None or known.validated_at is None or known.last_result == "gone":
        return request
    if datetime.now(UTC) - known.validated_at >= timedelta(days=policy.revalidate_days):
        return request
    return replace(request, etag=known.etag, last_modified=known.last_modified)


def led_astray(job: Job, attempt: Attempt) -> Attempt:
    """The attempt, as `soft404` where the site led to its front page, an error page, one of its lists or another report
    in place of what was asked for.

    Sites do so for pages and columns that are gone, with a redirect or a shell, and the status of success.
    """
    outcome, end = attempt.outcome, attempt.target
    if outcome is Outcome.OK and attempt.hops:
        end = attempt.final_url
    elif outcome not in {Outcome.REDIRECTED, Outcome.REDIRECT_SHELL}:
        return attempt
    if end is None or is_front_page(job.url):
        return attempt
    if not (is_front_page(end) or names_an_error(end) or _is_elsewhere(job, end)):
        return attempt
    return replace(attempt, outcome=Outcome.SOFT404, detail=f"led to {end}", target=None)


def _is_elsewhere(job: Job, end: str) -> bool:
    """Whether a report's or file's address leads to what its source knows under another key."""
    if job.kind != "page" or job.known is None:
        return False
    key = canonical_key(end)
    return key not in {job.known.key, canonical_key(job.url)} and job.source.knows(key)


def next_job(job: Job, attempt: Attempt, policy: Policy) -> Job | None:
    """The job to queue because of how the attempt ended: another address, another try; None if it is done."""
    outcome = attempt.outcome
    if outcome in {Outcome.REDIRECTED, Outcome.REDIRECT_SHELL} and attempt.target is not None:
        shells = job.shells + (outcome is Outcome.REDIRECT_SHELL)
        if shells > 1 or job.hops >= policy.limits.redirects or not _reaches(job, attempt.target):
            return None
        return replace(job.moved(attempt.target), shells=shells)
    if (outcome in RETRIED or outcome is Outcome.THROTTLED) and job.tries + 1 < policy.patience.tries:
        return replace(job, tries=job.tries + 1)
    return None


def settled_outcome(job: Job, attempt: Attempt) -> Attempt:
    """The attempt as a job's end: a redirect that is not followed is out of scope, or one too many."""
    if attempt.outcome is not Outcome.REDIRECTED or attempt.target is None:
        return attempt
    outcome = Outcome.REDIRECT_LOOP if _reaches(job, attempt.target) else Outcome.OUT_OF_SCOPE
    return replace(attempt, outcome=outcome, detail=attempt.target)


def _reaches(job: Job, address: str) -> bool:
    return in_scope(address, job.source.site.lists, job.source.site.hosts)


def refused_by(rules: Rules, url: str) -> Attempt:
    """The attempt that robots.txt did not let happen."""
    outcome = Outcome.ROBOTS_UNREACHABLE if rules.state == "unreachable" else Outcome.ROBOTS_DISALLOWED
    if rules.blocked:
        outcome = Outcome.BLOCKED_ADDRESS
    return Attempt(url, url, outcome, rules.detail, datetime.now(UTC), 0.0)
