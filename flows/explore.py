"""`gongkai explore`: a static site that shows a release, or the tables in force, and a server to look at it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from rich.console import Console

from crawlers.archive import Archive
from flows.commands import DONE
from flows.errors import UnusableArgument
from flows.releases import place_of
from flows.sample_marker import MARKER
from flows.settings import Settings, load_known_settings
from warehouse.diff import compare, state_of
from warehouse.explorer.reports import History
from warehouse.explorer.site import Night, Origin, build_site
from warehouse.release import NAME, latest_release, releases

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to show, where to put it, what to show changes from, and on which port to serve it, if at all."""

    source: str | None
    out: Path
    since: str | None
    port: int | None


def run_explore(screen: Console, config: Path, wish: Wish) -> int:
    """Build the explorer's site; with a port, serve it on loopback until interrupted. The exit code.

    Without a source, the latest release is shown, or the tables in force where there is none. Raises
    UnusableArgument, ConfigError and warehouse's errors.
    """
    settings = load_known_settings(config) if wish.source is None or config.is_file() else None
    place = _source(settings, config, wish.source)
    earlier = place_of(config, wish.since) if wish.since else _release_before(settings, place)
    state = state_of(place)
    site = build_site(
        state,
        wish.out.resolve(),
        Origin(
            name=place.name if NAME.fullmatch(place.name) else _shown(place),
            root=_shown(place),
            invented=any((folder / MARKER).is_file() for folder in (place, *place.parents[:3])),
            history=History(
                versions=_versions(settings),
                earlier=earlier.name if earlier else None,
                difference=compare(state_of(earlier), state) if earlier else None,
            ),
            nights=_nights(settings),
        ),
    )
    megabytes = site.bytes / 1e6
    screen.print(
        f"Explorer of {_shown(place)}: {site.reports:,} reports in {site.files:,} files, {megabytes:,.1f} MB, "
        f"the largest {site.largest / 1e6:.2f} MB: {site.path}/index.html",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
    if wish.port is not None:
        serve_site(screen, site.path, wish.port)
    return DONE


def _source(settings: Settings | None, config: Path, source: str | None) -> Path:
    if source is not None:
        return place_of(config, source).resolve()
    assert settings is not None
    folder = settings.data.releases
    return (latest_release(folder) if folder.is_dir() else None) or settings.data.datasets


def _release_before(settings: Settings | None, place: Path) -> Path | None:
    """The release that a reader knew before: the one before this, or the last before the tables in force."""
    if NAME.fullmatch(place.name):
        older = [path.resolve() for path in releases(place.parent)]
        at = older.index(place.resolve())
        return older[at - 1] if at else None
    folder = settings.data.releases if settings else None
    return latest_release(folder) if folder and folder.is_dir() else None


def _shown(place: Path) -> str:
    """The place as a reader of the site may know it: below the working folder, or its name alone."""
    here = Path.cwd()
    return str(place.relative_to(here)) if place.is_relative_to(here) and place != here else place.name


def _versions(settings: Settings | None) -> dict[str, list[dict[str, Any]]]:
    """The archived versions of each page that has several; none without an archive."""
    if settings is None or not settings.data.archive.is_there():
        return {}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with Archive(settings.data.archive) as archive:
        for page in archive.pages(current=False):
            version = {
                "version": page.version,
                "fetched_at": page.fetched_at.isoformat(),
                "sha256": page.sha256,
            }
            found[page.source].append(version)
    return {source: held for source, held in found.items() if len(held) > 1}


def _nights(settings: Settings | None) -> list[Night] | None:
    """The last run of every configured source; None without an archive. Opening one would make one."""
    if settings is None or not settings.data.archive.is_there():
        return None
    with Archive(settings.data.archive) as archive:
        held = [(site, archive.ledger.last_source(site.id)) for site in settings.sites]
    return [
        Night(site.id, site.name, last.state, last.reason, last.listed, last.failed + last.refused)
        for site, last in held
        if last is not None
    ]


class _Handler(SimpleHTTPRequestHandler):
    """Files of the site and nothing else: no listing of folders, and types that are not guessed again."""

    protocol_version = "HTTP/1.1"
    # Not the machine's own table of types, which may call scripts plain text.
    extensions_map = {  # noqa: RUF012 (the base class has it so)
        "": "application/octet-stream",
        ".html": "text/html; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
    }

    def list_directory(self, path: str | Any) -> None:  # noqa: ARG002 (the base class names it so)
        self.send_error(404)

    def end_headers(self) -> None:
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        """A line a request would only hide the address that was printed."""


def make_server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of a folder on loopback, not yet running; UnusableArgument where the port is taken."""
    try:
        return ThreadingHTTPServer((HOST, port), partial(_Handler, directory=str(folder)))
    except OSError as error:
        raise UnusableArgument(f"--port {port}", f"cannot be served on ({error.strerror})") from error


def serve_site(screen: Console, folder: Path, port: int) -> None:
    """Serve a site on loopback until interrupted, which is how it is meant to end."""
    with make_server(folder, port) as server:
        screen.print(
            f"http://{HOST}:{server.server_address[1]}/ until Ctrl-C", highlight=False, soft_wrap=True
        )
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            screen.print("Stopped.")
