"""What time it is for nights, and which night is due: by the configured schedule, in its own time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from flows.operation_settings import ScheduleSettings
from flows.settings import Settings


def now(settings: Settings) -> datetime:
    """The present moment in the schedule's time zone; `clock` of the configuration where it is set."""
    zone = ZoneInfo(settings.schedule.timezone)
    return settings.clock.astimezone(zone) if settings.clock else datetime.now(zone)


def last_due(schedule: ScheduleSettings, moment: datetime) -> datetime:
    """The newest time at or before `moment` at which a night was to start."""
    # CronSim gives what lies strictly before; a night that starts on its minute is that minute's.
    beyond = moment + timedelta(seconds=1)
    return next(CronSim(schedule.cron, beyond, reverse=True))


def next_due(schedule: ScheduleSettings, moment: datetime) -> datetime:
    """When the next night starts."""
    return next(CronSim(schedule.cron, moment))
