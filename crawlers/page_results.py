"""What a request's end means for its page: the row of the attempt, the version it makes, the page's new state."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select

from crawlers import ledger_schema as schema
from crawlers.challenges import DOCUMENT, THIN_PAGE, file_kind, offers_content
from crawlers.database import Prepared, add_rows, change, put_rows
from crawlers.outcomes import MISSING, Attempt, Outcome

_HELD = Prepared(
    select(
        *(
            schema.versions.c[name]
            for name in ("sha256", "complete", "current", "fetched_at", "content_type", "flags")
        )
    )
    .where(schema.versions.c.key == bindparam("key"))
    .order_by(schema.versions.c.version)
)

_HAS_FILES = Prepared(select(schema.attached.c.key).where(schema.attached.c.key == bindparam("key")))
_DOCUMENT_TYPE = re.compile(r"application/(?:pdf|msword|rtf|zip|vnd\.)")


class _Held(NamedTuple):
    """A version that the ledger has of a page."""

    sha256: str
    complete: bool
    current: bool
    fetched_at: datetime
    content_type: str | None
    flags: frozenset[str]

    @property
    def is_document(self) -> bool:
        """Whether it is a document file. Versions of older ledgers lack the flag: the server's word counts."""
        return DOCUMENT in self.flags or bool(_DOCUMENT_TYPE.match(self.content_type or ""))


def attempt_row(
    run_id: int, site_id: str, kind: str, attempt: Attempt, evidence: str | None
) -> dict[str, Any]:
    """A request as a row of `attempts`."""
    return {
        "run_id": run_id,
        "site_id": site_id,
        "kind": kind,
        "url": attempt.url,
        "final_url": attempt.final_url,
        "outcome": attempt.outcome.value,
        "detail": attempt.detail,
        "status": attempt.status,
        "started_at": attempt.started_at,
        "seconds": attempt.seconds,
        "wire_bytes": attempt.wire_bytes,
        "tls_profile": attempt.tls_profile,
        "flags": attempt.flags,
        "hops": " ".join(attempt.hops),
        "evidence": evidence,
    }


def end_of_page(connection: Connection, run_id: int, key: str, attempt: Attempt, kept: str | None) -> str:
    """Note a page's result, its version, and what it was found to be called; gives the result."""
    result = _result(connection, run_id, key, attempt, kept)
    values: dict[str, Any] = {
        "last_run": run_id,
        "last_result": result,
        "last_outcome": attempt.outcome.value,
        "last_attempt_at": attempt.started_at,
    }
    if attempt.outcome is Outcome.OK:
        values |= {"gone_at": None}
        if result not in ("unproven", "older"):
            values |= {
                "validated_at": attempt.started_at,
                "etag": attempt.headers.get("etag"),
                "last_modified": attempt.headers.get("last-modified"),
            }
    elif result == "gone":
        values["gone_at"] = attempt.started_at
    change(connection, schema.pages, {"key": key}, values)
    urls = dict.fromkeys((attempt.url, *attempt.hops, attempt.final_url))
    put_rows(connection, schema.aliases, [{"url": url, "key": key} for url in urls])
    return result


def _result(connection: Connection, run_id: int, key: str, attempt: Attempt, kept: str | None) -> str:
    if attempt.outcome is Outcome.OK and kept is not None:
        return _note_version(connection, run_id, key, attempt, kept)
    if attempt.outcome is Outcome.NOT_MODIFIED:
        return "unchanged"
    return "gone" if attempt.outcome in MISSING else attempt.outcome.value


def _note_version(connection: Connection, run_id: int, key: str, attempt: Attempt, sha256: str) -> str:
    held = [_Held(*row) for row in _HELD.read(connection, {"key": key})]
    current = next((row for row in held if row.current), None)
    if current is not None and current.sha256 == sha256:
        return "unchanged"
    older = current is not None and attempt.started_at < current.fetched_at
    unproven = older or (current is not None and _proves_less(connection, key, attempt, current))
    if unproven and any(row.sha256 == sha256 for row in held):
        return "unchanged" if older else "unproven"
    if held and not unproven:
        change(connection, schema.versions, {"key": key}, {"current": False})
    version = {
        "key": key,
        "version": len(held) + 1,
        "sha256": sha256,
        "fetched_at": attempt.started_at,
        "fetched_url": attempt.final_url,
        "content_type": attempt.content_type,
        "declared_charset": attempt.declared_charset,
        "tls_profile": attempt.tls_profile,
        "flags": attempt.flags,
        "complete": attempt.complete,
        "current": not unproven,
        "run_id": run_id,
    }
    add_rows(connection, schema.versions, [version])
    if unproven:
        return "older" if older else "unproven"
    return "new" if current is None else "changed"


def _proves_less(connection: Connection, key: str, attempt: Attempt, current: _Held) -> bool:
    """Whether a body is poorer in kind than the version in force: not shown to be whole, a web page in a document's
    place, or hardly a word in the place of a page with text or with files of its own.

    Sites say in a thousand wordings, and with the status of success, that a page is gone, their database down or a
    login due; what such an answer cannot do is show what the report showed.
    """
    if current.complete and not attempt.complete:
        return True
    if current.is_document:
        return file_kind(attempt.body or b"") is None
    if THIN_PAGE not in attempt.flags:
        return False
    return THIN_PAGE not in current.flags or (
        not offers_content(attempt.body or b"", attempt.declared_charset)
        and _HAS_FILES.read(connection, {"key": key}) != []
    )
