"""The part of `config.yaml` that runs nights: schedule, guards before publishing, telling, backfills, serving."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


class Section(BaseModel):
    """A mapping of the configuration."""

    # strict: a quoted number or an unquoted region code (010000 is octal to YAML) is an error, not converted.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"unknown time zone {value!r}") from error
    return value


Share = Annotated[float, Field(ge=0, le=1)]
Port = Annotated[int, Field(ge=1, le=65535)]


class ScheduleSettings(Section):
    """When a night starts: five cron fields, read in `timezone`."""

    cron: str
    timezone: Annotated[str, AfterValidator(_time_zone)] = "Asia/Shanghai"
    overlap: Literal["wait", "cancel"] = "cancel"
    """What becomes of a night that begins while another one runs."""
    release: bool = False
    """Whether a night that changed the tables makes a release, too."""

    @model_validator(mode="after")
    def _cron_is_cron(self) -> ScheduleSettings:
        try:
            CronSim(self.cron, datetime.now(UTC))
        except CronSimError as error:
            raise ValueError(f"cron {self.cron!r} is not a schedule ({error})") from error
        return self


class GuardSettings(Section):
    """How far tables may fall behind those in force before they are held for a person to look at."""

    least_reports: Annotated[int, Field(ge=1)] = 20
    """Shares of fewer reports than this say nothing: one odd report would be a fall."""
    source_reports_fall: Share = 0.1
    """A source gave fewer when its list lost more than this share of the reports it had."""
    sources_fewer_share: Share = 0.02
    """Held when more than this share of the sources gave fewer."""
    exact_tables_fall: Share = 0.02
    identities_held_fall: Share = 0.02
    organs_known_fall: Share = 0.02
    rows_lost_share: Share = 0.001
    """Of the rows of `reports` and of each fact table."""


def _told_at(value: str) -> str:
    """An apprise address, as it stands or as `env:NAME` for one that must not stand in a file."""
    if value.startswith("env:"):
        name = value.removeprefix("env:")
        if not os.environ.get(name):
            raise ValueError(f"the environment has no variable {name}")
        return os.environ[name]
    if "://" not in value:
        raise ValueError("an address to tell is like mailto://… or dingtalk://…, or env:NAME")
    return value


class TellingSettings(Section):
    """Who hears of a night that needs a person."""

    to: list[Annotated[str, AfterValidator(_told_at)]] = Field(default_factory=list)
    source_nights: Annotated[int, Field(ge=1)] = 1
    """Nights in a row that a source must fail before it is told."""
    digest: Literal["weekly", "never"] = "weekly"


class BackfillSettings(Section):
    """How a backfill holds back beside the nights."""

    concurrency: Annotated[int, Field(ge=1, le=512)] = 4
    delay_seconds: Annotated[float, Field(ge=0, le=3600)] = 4.0
    """The pause between two requests to one site is at least this."""


class ServeSettings(Section):
    """What `gongkai serve` listens on, on this machine alone."""

    port: Port = 4200
    metrics_port: Port | None = None
