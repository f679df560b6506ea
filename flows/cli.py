"""The command line. Exit codes: 0 done; 1 done, with reports refused or sources failed; 2 nothing was done.

Errors are one line on standard error that names the file, key or argument. Modules that cost a second to
import (pandas, Prefect) are imported by the command that needs them.
"""

# ruff: noqa: PLC0415, PLR0913, PLR0917 (a command has as many parameters as the user has options)

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(
    name="gongkai",
    help="China's government-information-disclosure reports as data that can be trusted.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

sites_app = typer.Typer(help="The sources of the configuration.")
archive_app = typer.Typer(help="The archive of fetched pages.")
app.add_typer(sites_app, name="sites")
app.add_typer(archive_app, name="archive")

Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]
Sites = Annotated[list[str] | None, typer.Option("--site", help="Only this source; may be repeated.")]
CONFIG = Path("config.yaml")
INTERRUPTED = 130
"""128 + SIGINT: what typer makes of Ctrl-C, and shells expect."""


@app.command()
def crawl(
    config: Config = CONFIG,
    site: Sites = None,
    year: Annotated[
        list[int] | None, typer.Option(help="Only reports of this year; may be repeated.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many pages a source.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read the lists, fetch no page.")] = False,
) -> int:
    """Fetch new and changed report pages of the configured sources into the archive."""
    from flows.commands import run_crawl
    from flows.settings import Narrowing

    return run_crawl(_screen(), config, Narrowing(site or [], year or [], limit, dry_run))


@app.command()
def build(config: Config = CONFIG) -> int:
    """Read archived pages that are new, changed or read by an older version, and publish the tables."""
    from flows.commands import run_build

    return run_build(_screen(), config)


@app.command()
def nightly(config: Config = CONFIG) -> int:
    """One night, now: crawl, build, hold the tables against those in force, publish, tell whom it concerns."""
    from flows.operations.commands import run_nightly

    return run_nightly(_screen(), config)


@app.command()
def serve(config: Config = CONFIG) -> int:
    """Run the nights by the configured schedule, with Prefect's server and UI on this machine, until stopped."""
    from flows.operations.commands import run_serve

    return run_serve(_screen(), config)


@app.command()
def backfill(
    config: Config = CONFIG,
    years: Annotated[str | None, typer.Option(help="Only these report years, like 2019-2023.")] = None,
    site: Sites = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Only sources of this region (GB/T 2260); may be repeated.")
    ] = None,
    warc: Annotated[
        list[Path] | None,
        typer.Option("--warc", help="Take this web archive; fetch nothing. May be repeated."),
    ] = None,
    from_archive: Annotated[
        bool, typer.Option("--from-archive", help="Read archived pages again; fetch nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Name the pages; fetch and read none.")] = False,
) -> int:
    """Fill in reports that are not archived yet, slowly, beside the nights; killed, it goes on where it was."""
    from flows.operations.backfill_wish import ordered, with_warc
    from flows.operations.commands import run_backfill

    order = ordered(config, years, site or [], region or [], from_archive)
    return run_backfill(_screen(), config, with_warc(order, warc or [], dry_run), dry_run)


@app.command()
def rebuild(
    config: Config = CONFIG,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish it as well, once it is shown, if no guard is crossed.")
    ] = False,
) -> int:
    """Read again what an older extractor or codebook read, and show what would change before it is published."""
    from flows.operations.commands import run_rebuild

    return run_rebuild(_screen(), config, publish)


@app.command()
def publish(
    accept: Annotated[str, typer.Option("--accept", help="Why the held tables may be published.")],
    config: Config = CONFIG,
) -> int:
    """Let through the tables that a guard holds; the reason is kept for good, with who gave it and when."""
    from flows.operations.commands import run_publish

    return run_publish(_screen(), config, accept)


@app.command()
def demo(
    revised: Annotated[bool, typer.Option("--revised", help="The site after a report was revised.")] = False,
    data: Annotated[Path, typer.Option(help="Folder for the demo's archive and tables.")] = Path("data"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the sample site on loopback.")] = 8719,
) -> int:
    """Crawl the sample site on loopback and build its tables: every step of a real run, in a minute."""
    from flows.demo import run_demo

    return run_demo(_screen(), data.resolve(), port, revised)


@app.command()
def status(config: Config = CONFIG) -> int:
    """Show what each source last gave, what the tables hold, and when the next night is due."""
    from flows.status import show_status

    return show_status(_screen(), config)


@app.command()
def extract(
    paths: Annotated[
        list[Path], typer.Argument(help="Saved files, or folders of them: HTML, text, PDF, Word, Excel, ZIP.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the tables.")],
) -> int:
    """Read saved files without crawling and write the same tables; `source` is the path as given."""
    from flows.extract import run_extract

    return run_extract(_screen(), paths, out)


@app.command()
def release(config: Config = CONFIG) -> int:
    """Keep the tables as they stand: an immutable, dated folder with codebook, changes, checksums, citation."""
    from flows.releases import run_release

    return run_release(_screen(), config)


@app.command()
def diff(
    earlier: Annotated[str, typer.Argument(help="A release by name, or a folder of tables.")],
    later: Annotated[str, typer.Argument(help="A release by name, or a folder of tables.")],
    config: Config = CONFIG,
) -> int:
    """Show what changed between two releases: reports added, revised, withdrawn; figures before and after."""
    from flows.releases import run_diff

    return run_diff(_screen(), config, earlier, later)


@app.command()
def explore(
    source: Annotated[
        str | None,
        typer.Argument(help="A release by name, or a folder of tables; the latest release otherwise."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the site.")] = Path("data/explorer"),
    since: Annotated[
        str | None, typer.Option(help="An earlier release, or folder of tables, to show changes from.")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Serve it on loopback, until Ctrl-C.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for --serve.")] = 8720,
    config: Config = CONFIG,
) -> int:
    """Make a static site, in Chinese and English, that shows what a release says and how far it can be trusted."""
    from flows.explore import Wish, run_explore

    return run_explore(_screen(), config, Wish(source, out, since, port if serve else None))


@sites_app.command("add")
def sites_add(
    address: Annotated[str, typer.Argument(help="The site's home page, or the column of its reports.")],
    config: Config = CONFIG,
    site_id: Annotated[str | None, typer.Option("--id", help="Its id; made from its host otherwise.")] = None,
    name: Annotated[str | None, typer.Option(help="Whose site it is, where it does not say so well.")] = None,
    region: Annotated[
        str | None, typer.Option(help="Its GB/T 2260 code, where its name does not tell.")
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option(help="A non-public address opened to it (127.0.0.1:8123).")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Add the entry to the configuration.")] = False,
) -> int:
    """Find a site's column of annual reports, show what would be crawled, and give its entry."""
    from flows.sites_add import Wish, run_sites_add

    return run_sites_add(_screen(), config, Wish(address, site_id, name, region, tuple(allow or ())), write)


@archive_app.command("verify")
def archive_verify(
    config: Config = CONFIG,
    quarantine: Annotated[
        bool,
        typer.Option("--quarantine", help="Set damaged objects aside; the next crawl fetches them anew."),
    ] = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Remove what a killed crawl left and nothing names.")
    ] = False,
) -> int:
    """Read every archived object, hash it again, and name what is damaged or missing."""
    from flows.archive_check import run_verify

    return run_verify(_screen(), config, quarantine, sweep)


@archive_app.command("import")
def archive_import(
    files: Annotated[list[Path], typer.Argument(help="WARC files, plain or compressed; - reads a pipe.")],
    config: Config = CONFIG,
) -> int:
    """Take the pages of web archives (WARC) into the archive, each with its own date and address."""
    from flows.warc_files import run_import

    return run_import(_screen(), config, files)


@archive_app.command("export")
def archive_export(
    warc: Annotated[Path, typer.Option("--warc", help="The file to write, compressed record by record.")],
    config: Config = CONFIG,
) -> int:
    """Write every archived version as a web archive (WARC) that other programs read."""
    from flows.warc_files import run_export

    return run_export(_screen(), config, warc)


def _screen() -> Console:
    # Piped output is for other programs: no colours, no bars, and lines that do not break at 80 columns.
    return Console() if sys.stdout.isatty() else Console(width=160, no_color=True)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # As an error, SIGTERM leaves time to let go of what was begun: Prefect's embedded server would outlive us.
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(_run(sys.argv[1:]))


def _terminate(number: int, _frame: object) -> None:
    sys.exit(128 + number)


def _run(arguments: list[str]) -> int:
    from crawlers.errors import CrawlerError
    from flows.errors import FlowsError
    from warehouse.errors import WarehouseError

    try:
        code = app(arguments or ["--help"], prog_name="gongkai", standalone_mode=False) or 0
    except typer.exceptions.TyperException as error:
        return _fail(error.format_message())
    except (FlowsError, CrawlerError, WarehouseError) as error:
        return _fail(str(error))
    except OSError as error:
        # Without a number it is no answer of the operating system but a fault of ours: that deserves its traceback.
        if error.errno is None:
            raise
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    if code == INTERRUPTED:
        sys.stderr.write("gongkai: interrupted; what is archived is kept, and the same command goes on\n")
    return int(code)


def _fail(problem: str) -> int:
    sys.stderr.write("gongkai: " + " ".join(problem.split()) + "\n")
    return 2


if __name__ == "__main__":
    main()
