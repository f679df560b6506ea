"""Every error this package raises descends from `CrawlerError`; messages carry the offending value."""

from __future__ import annotations


class CrawlerError(Exception):
    """Anything the crawler refuses, cannot do or finds damaged."""


class BadSite(CrawlerError):
    """A site's description contradicts itself or names something unknown."""


class BadAddress(CrawlerError):
    """An address that is not plain http(s): another scheme, user information, no host, a forbidden port."""


class BlockedAddress(CrawlerError):
    """A host that resolves to an address which is not public; nothing was sent to it."""


class ResolveFailed(CrawlerError):
    """The host's name did not resolve."""


class DeadlineExceeded(CrawlerError):
    """The wall-clock budget of one exchange ran out, whatever the server was doing."""


class StaleConnection(CrawlerError):
    """A kept-alive connection turned out to be closed before it answered; a fresh one may do."""


class TooLarge(CrawlerError):
    """More bytes than the cap, on the wire or inflated."""


class Truncated(CrawlerError):
    """A body that ended before its own framing or compression says it should."""


class RedirectLoop(CrawlerError):
    """More redirects than allowed, or one that returns to an address already visited."""


class ListUnreadable(CrawlerError):
    """A list page that its family's adapter does not recognise."""


class UnknownFamily(CrawlerError):
    """No list family bears that name."""


class ColumnNotFound(CrawlerError):
    """No annual-report column could be found from the address given."""


class ArchiveError(CrawlerError):
    """The archive could not do what was asked."""


class ArchiveFull(ArchiveError):
    """The disk took no more bytes; nothing of the page was acknowledged."""


class DamagedObject(ArchiveError):
    """An archived object whose bytes no longer match the hash in its name."""


class UnknownObject(ArchiveError):
    """The archive holds no object of that hash."""


class LedgerError(ArchiveError):
    """The ledger cannot be used: a schema from a newer version, a locked or broken database."""
