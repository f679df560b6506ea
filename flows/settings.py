"""`config.yaml` as typed settings: keys known, values in range, or one line says what is wrong and where."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails

from crawlers.archive import ArchivePlace
from crawlers.families.registry import FAMILIES
from crawlers.sites import Site
from flows.config_file import ConfigFile, Location, read_config_file
from flows.errors import ConfigError, UnusableArgument
from flows.operation_settings import (
    BackfillSettings,
    GuardSettings,
    ScheduleSettings,
    Section,
    ServeSettings,
    Share,
    TellingSettings,
)
from flows.places import as_archive, as_bucket, ledger_address, runner_address, settled


def _web_address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("an address starts with http:// or https://")
    return value


RegionCode = Annotated[str, Field(pattern=r"^\d{6}$")]
"""GB/T 2260; 000000 stands for the whole country (the standard itself gives it no code)."""
SiteId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Folder = Annotated[Path, Field(strict=False)]


class SiteSettings(Section):
    """One source: a column of annual reports on one site. Keys after `status` are those of a crawl's Site."""

    id: SiteId
    name: Annotated[str, Field(min_length=1)]
    region: RegionCode
    family: str
    """How its list pages are built: a list family that crawls know, or `auto`."""
    lists: Annotated[list[WebAddress], Field(min_length=1)]
    status: Literal["unverified", "verified"]
    delay_seconds: Seconds | None = None
    min_reports: Annotated[int, Field(ge=0)] = 0
    """Fewer reports on the list than this, and the source is incomplete, not empty."""
    titles: Literal["phrase", "any"] = "phrase"
    hosts: list[str] = Field(default_factory=list)
    window: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$")] | None = None
    """`22:00-06:00` in Asia/Shanghai: outside of it the site is left alone."""
    tls: Literal["auto", "strict", "compat"] = "auto"
    ca_file: Folder | None = None
    allow: list[str] = Field(default_factory=list)
    """Non-public addresses opened to this site alone (`127.0.0.1:8123`): the sample site, an intranet."""


class DataSettings(Section):
    """Where runs keep what they make."""

    archive: Annotated[ArchivePlace, BeforeValidator(as_archive)]
    """A folder, or `s3://bucket/prefix` where several machines share it."""
    ledger: Annotated[str, AfterValidator(ledger_address)] | None = Field(default=None, repr=False)
    """SQLAlchemy URL; without one, an SQLite file beside the objects of an archive in a folder."""
    datasets: Folder
    published: Annotated[str, AfterValidator(as_bucket)] | None = None
    """`s3://bucket/prefix` where the datasets in force are for all machines; `datasets` is then a copy of it."""
    state: Folder
    releases: Folder = Path("data/releases")


class StorageSettings(Section):
    """The S3-compatible store behind `s3://`; its credentials come from the environment."""

    endpoint: WebAddress | None = None
    region: str | None = None


class CrawlSettings(Section):
    """Politeness and size of the crawl."""

    concurrency: Annotated[int, Field(ge=1, le=512)] = 32
    sites_per_task: Annotated[int, Field(ge=1)] = 3000
    delay_seconds: Seconds = 2.0
    timeout_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    backoff_seconds: Seconds = 5.0
    revalidate_days: Annotated[float, Field(ge=0)] = 7.0
    """A page whose last full answer is older is asked for in full: validators cannot be trusted for ever."""
    resume_hours: Annotated[float, Field(ge=0, le=24 * 31)] = 20.0
    """A crawl of everything that was killed goes on where it was, if it began less long ago than this."""
    circuit_minutes: Annotated[float, Field(ge=0)] = 30.0
    """A host that stopped answering is left alone for so long, by later runs, too."""
    proxy: Annotated[str, AfterValidator(_web_address)] | None = None
    vantage: str = ""
    """From where the crawl asks, for the record: many sites answer only from within the country."""


class BuildSettings(Section):
    """How reading is spread over processes and tasks."""

    runner: Annotated[str, AfterValidator(runner_address)] = "processes"
    """`processes` of this machine, or the address of a Dask scheduler (`tcp://host:8786`)."""
    processes: Annotated[int, Field(ge=1, le=256)] = 2
    pages_per_task: Annotated[int, Field(ge=1)] = 1000
    in_process_below: Annotated[int, Field(ge=0)] = 200


class ThresholdSettings(Section):
    """Shares below which a run ends with exit code 1 and says why."""

    tables_read_share: Share = 0.9
    organs_known_share: Share = 0.9
    sources_complete_share: Share = 0.5


class Settings(Section):
    """The whole file. Folders are absolute once loaded."""

    contact: str
    homepage: Annotated[str, AfterValidator(_web_address)] | None = None
    """Where the released data can be had: it stands in every release's description and citation."""
    data: DataSettings
    storage: StorageSettings = StorageSettings()
    crawl: CrawlSettings = CrawlSettings()
    build: BuildSettings = BuildSettings()
    schedule: ScheduleSettings
    thresholds: ThresholdSettings = ThresholdSettings()
    guards: GuardSettings = GuardSettings()
    telling: TellingSettings = TellingSettings()
    backfill: BackfillSettings = BackfillSettings()
    serve: ServeSettings = ServeSettings()
    clock: Annotated[AwareDatetime, Field(strict=False)] | None = None
    """The moment that nights take for now: for rehearsals alone."""
    sites: Annotated[list[SiteSettings], Field(min_length=1)]

    def select(self, ids: list[str]) -> list[SiteSettings]:
        """The sites of the given ids, all where none is given; UnusableArgument for an unknown id."""
        known = {site.id: site for site in self.sites}
        for site_id in ids:
            if site_id not in known:
                problem = "no such site in the configuration" + _near(site_id, list(known))
                raise UnusableArgument(f"--site {site_id}", problem)
        return [known[site_id] for site_id in ids] if ids else list(self.sites)

    @property
    def on_loopback(self) -> bool:
        """Whether every source lies on this machine: the sample site, or a test."""
        hosts = {urlsplit(address).hostname for site in self.sites for address in site.lists}
        return hosts <= {"127.0.0.1", "localhost"}


@dataclass(frozen=True)
class Narrowing:
    """What one crawl is confined to: sources, report years, pages a source; `dry_run` fetches no page."""

    sites: list[str] = field(default_factory=list)
    years: list[int] = field(default_factory=list)
    limit: int | None = None
    dry_run: bool = False


def load_settings(path: Path, families: frozenset[str]) -> Settings:
    """Read and check the configuration at `path`; `families` are the list families that crawls know.

    Raises ConfigError, one line that names file, line and key.
    """
    file = read_config_file(path)
    try:
        settings = Settings.model_validate(file.values)
    except ValidationError as error:
        raise _first_problem(file, error.errors(include_url=False)) from error
    _check_sites(file, settings, families)
    base = path.resolve().parent
    folders = {
        name: (base / getattr(settings.data, name)).resolve() for name in ("datasets", "state", "releases")
    }
    try:
        archive = settled(settings.data.archive, settings.data.ledger, base, settings.storage)
    except ValueError as error:
        raise ConfigError(file.path, file.line_of(("data", "archive")), f"data.archive: {error}") from error
    if settings.data.published and not archive.ledger.startswith("postgresql"):
        problem = "data.published: tables for many machines need data.ledger in PostgreSQL, which keeps writers apart"
        raise ConfigError(file.path, file.line_of(("data", "published")), problem)
    data = folders | {"archive": archive}
    sites = [_with_ca_file(file, index, site, base) for index, site in enumerate(settings.sites)]
    return settings.model_copy(
        update={"data": settings.data.model_copy(update=data), "sites": sites},
    )


def load_known_settings(path: Path) -> Settings:
    """`load_settings` with the list families that the installed crawlers know."""
    return load_settings(path, frozenset(FAMILIES) | {"auto"})


def site_of(site: SiteSettings, settings: Settings) -> Site:
    """The crawl's description of a source; its own delay, or the configuration's."""
    delay = settings.crawl.delay_seconds if site.delay_seconds is None else site.delay_seconds
    return Site(
        id=site.id,
        name=site.name,
        lists=tuple(site.lists),
        region=site.region,
        family=site.family,
        delay_seconds=delay,
        min_reports=site.min_reports,
        titles=site.titles,
        hosts=tuple(site.hosts),
        window=_window(site.window),
        tls=site.tls,
        ca_file=site.ca_file,
        allow=tuple(site.allow),
    )


def _window(text: str | None) -> tuple[time, time] | None:
    if text is None:
        return None
    start, _, end = text.partition("-")
    return time.fromisoformat(start), time.fromisoformat(end)


def _check_sites(file: ConfigFile, settings: Settings, families: frozenset[str]) -> None:
    first: dict[str, int] = {}
    for index, site in enumerate(settings.sites):
        if site.family not in families:
            problem = f"unknown list family {site.family!r} (known: {', '.join(sorted(families))})"
            raise _site_problem(file, index, "family", problem)
        if site.id in first:
            raise _site_problem(file, index, "id", f"the id {site.id!r} is taken by sites[{first[site.id]}]")
        first[site.id] = index


def _with_ca_file(file: ConfigFile, index: int, site: SiteSettings, base: Path) -> SiteSettings:
    if site.ca_file is None:
        return site
    path = (base / site.ca_file).resolve()
    if not path.is_file():
        raise _site_problem(file, index, "ca_file", f"no file at {path}")
    return site.model_copy(update={"ca_file": path})


def _site_problem(file: ConfigFile, index: int, key: str, problem: str) -> ConfigError:
    return ConfigError(file.path, file.line_of(("sites", index, key)), f"sites[{index}]: {problem}")


def _first_problem(file: ConfigFile, errors: list[ErrorDetails]) -> ConfigError:
    located = sorted((file.line_of(error["loc"]), index) for index, error in enumerate(errors))
    line, index = located[0]
    more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    return ConfigError(file.path, line, _words(errors[index]) + more)


def _words(error: ErrorDetails) -> str:
    location = error["loc"]
    if error["type"] == "extra_forbidden":
        key = str(location[-1])
        return f"unknown key '{key}' {_inside(location[:-1])}{_near(key, _keys_at(location[:-1]))}"
    if error["type"] == "missing":
        return f"missing key '{location[-1]}' {_inside(location[:-1])}"
    problem = error["msg"].removeprefix("Value error, ")
    # An address with an @ may hold a password.
    shown = not isinstance(error["input"], dict) and "@" not in str(error["input"])
    found = f", found {error['input']!r}" if shown else ""
    return f"{_dotted(location) or 'the file'}: {problem}{found}"


def _inside(location: Location) -> str:
    return f"in {_dotted(location)}" if location else "at the top of the file"


def _dotted(location: Location) -> str:
    """`sites[3].delay_seconds`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _keys_at(location: Location) -> list[str]:
    model: type[BaseModel] = Settings
    for part in location:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            inner = get_args(annotation)[0] if get_args(annotation) else annotation
            assert isinstance(inner, type)
            assert issubclass(inner, BaseModel)
            model = inner
    return list(model.model_fields)


def _near(word: str, known: list[str]) -> str:
    # `dealy` is nearer to `delay` than to anything whole: the first word of a key may match, too.
    spellings = {key.split("_")[0]: key for key in known} | {key: key for key in known}
    close = difflib.get_close_matches(word, spellings, n=1, cutoff=0.5)
    return f" (did you mean '{spellings[close[0]]}'?)" if close else ""
