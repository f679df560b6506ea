"""`gongkai sites add URL`: from a site's address to its entry in the configuration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from crawlers.addresses import canonical_key
from crawlers.discovery import Proposal, propose
from flows.commands import DONE, DONE_WITH_GAPS, LINES_SHOWN
from flows.crawl_policy import policy_of, require_contact
from flows.errors import UnusableArgument
from flows.page_reading import books
from flows.settings import Settings, SiteSettings, load_known_settings
from flows.site_entry import add_entry, entry_text, id_of
from transforms.agencies import site_region

UNKNOWN_REGION = "000000"
"""What stands in an entry that is shown and not written."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user says of the site; null where the site itself is to tell."""

    address: str
    site_id: str | None = None
    name: str | None = None
    region: str | None = None
    allow: tuple[str, ...] = ()


def run_sites_add(screen: Console, config: Path, wish: Wish, write: bool) -> int:
    """Walk from the address to the column, tell what was found, write where asked to; the exit code.

    1 where the region could not be told: then nothing is written. Raises ColumnNotFound, BadAddress,
    ConfigError, and UnusableArgument for an id or a list that the configuration has already.
    """
    settings = load_known_settings(config)
    require_contact(settings, config)
    site_id = wish.site_id or id_of(wish.address)
    if any(site.id == site_id for site in settings.sites):
        raise UnusableArgument(f"--id {site_id}", "the configuration has a site of this id; choose another")
    draft = _draft(site_id, wish)
    policy = replace(policy_of(settings), allow=wish.allow)
    found = propose(wish.address, policy, settings.crawl.delay_seconds)
    _refuse_known(settings, found)
    show_proposal(screen, found)
    region = wish.region or site_region(wish.name or found.site_name, books()[1])
    best = found.as_site(site_id)
    site = draft.model_copy(
        update={
            "name": wish.name or best.name,
            "region": region or UNKNOWN_REGION,
            "family": best.family,
            "lists": list(best.lists),
        }
    )
    screen.print(f"\nIts entry under `sites` in {config}:\n", highlight=False, markup=False)
    screen.print(entry_text(site, "  "), highlight=False, soft_wrap=True, markup=False, end="")
    if region is None:
        screen.print("\nNot written: its name does not tell its region; give --region.", highlight=False)
        return DONE_WITH_GAPS
    if write:
        add_entry(config, site)
        screen.print(f"\nWritten. Next: gongkai crawl --site {site.id} --dry-run", highlight=False)
    else:
        screen.print("\nNot written: --write adds it to the file.", highlight=False)
    return DONE


def show_proposal(screen: Console, found: Proposal) -> None:
    """The columns found, best first, and the reports on the first list page of the best one."""
    table = Table("family", "list", title=found.site_name or found.home, title_justify="left")
    for name in ("reports on it", "list pages"):
        table.add_column(name, justify="right")
    for column in found.columns:
        table.add_row(column.family, column.url, f"{len(column.reports):,}", f"{column.pages:,}")
    screen.print(table)
    reports = found.columns[0].reports
    for report in reports[:LINES_SHOWN]:
        screen.print(
            f"would crawl: {report.url}  {report.title}", highlight=False, soft_wrap=True, markup=False
        )
    if len(reports) > LINES_SHOWN:
        screen.print(f"would crawl: {len(reports) - LINES_SHOWN:,} more", highlight=False)
    screen.print(f"{len(found.asked):,} requests were made to find this.", highlight=False)


def _draft(site_id: str, wish: Wish) -> SiteSettings:
    """The entry as far as the user describes it, checked before anybody is asked for anything."""
    if wish.region is not None and wish.region not in {*books()[1].by_code, UNKNOWN_REGION}:
        raise UnusableArgument(f"--region {wish.region}", "no code of GB/T 2260 that the gazetteer knows")
    try:
        return SiteSettings(
            id=site_id,
            name=wish.name or site_id,
            region=wish.region or UNKNOWN_REGION,
            family="auto",
            lists=[wish.address],
            status="unverified",
            allow=list(wish.allow),
        )
    except ValidationError as error:
        problem = error.errors()[0]
        raise UnusableArgument(str(problem["input"]), problem["msg"].removeprefix("Value error, ")) from error


def _refuse_known(settings: Settings, found: Proposal) -> None:
    known = {canonical_key(address): site.id for site in settings.sites for address in site.lists}
    taken = known.get(canonical_key(found.columns[0].url))
    if taken is not None:
        raise UnusableArgument(found.columns[0].url, f"is a list of the site {taken!r} already")
