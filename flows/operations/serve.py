"""`gongkai serve`: the nights by schedule, with a Prefect server and UI of its own as a child process.

The server's database is disposable. What decides whether a night is missing, done or dead are our own records:
on start, runs that a kill left are marked in both, late runs that pile up are dropped, and the night that is
due is done once, however many were missed.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.deployments.runner import EntrypointType  # type: ignore[attr-defined]
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.states import Cancelled, Crashed
from prometheus_client import CollectorRegistry, start_http_server

from flows.errors import FlowsError, UnusableArgument
from flows.operations.clock import last_due, next_due, now
from flows.operations.metrics import NightMetrics
from flows.operations.nightly import nightly_flow
from flows.operations.runs import KINDS, done_night, lock_of, records, sweep
from flows.operations.server_process import HOST
from flows.settings import Settings
from warehouse.errors import LockTimeout
from warehouse.locks import hold

START_SECONDS = 180.0
GRACE_SECONDS = 20.0
"""How long what a killed predecessor left behind, tied to it, may take to end."""
UNFINISHED = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]


class ServerLost(FlowsError):
    """The child that runs Prefect's server ended, or did not start."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"Prefect's server {problem}; its log is on standard error")


def serve_nights(settings: Settings, config: Path, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises LockTimeout where another one serves this state folder, ServerLost."""
    port = settings.serve.port
    with hold(settings.data.state / "serve.lock", "serve", 0), _server(port) as server:
        if settings.serve.metrics_port is not None:
            registry = CollectorRegistry(auto_describe=False)
            registry.register(NightMetrics(settings))
            start_http_server(settings.serve.metrics_port, HOST, registry)
        say(f"Prefect's UI: http://{HOST}:{port}/")
        asyncio.run(_run(settings, config, server, say))


@contextmanager
def _server(port: int) -> Iterator[subprocess.Popen[bytes]]:
    _wait_for_port(port)
    child = subprocess.Popen([sys.executable, "-m", "flows.operations.server_process", str(port)])
    try:
        _wait_for_server(child, f"http://{HOST}:{port}/api/health")
        yield child
    finally:
        child.terminate()
        try:
            child.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_for_port(port: int) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError as error:
                if time.monotonic() > deadline:
                    raise UnusableArgument(f"serve.port {port}", f"{error.strerror}") from error
            else:
                return
        time.sleep(0.2)


def _wait_for_server(child: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        if child.poll() is not None:
            raise ServerLost(f"ended with {child.returncode} when it was to start")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise ServerLost(f"did not answer within {START_SECONDS:.0f} s") from None
        time.sleep(0.2)


async def _run(
    settings: Settings, config: Path, server: subprocess.Popen[bytes], say: Callable[[str], None]
) -> None:
    schedule = settings.schedule
    deployment = await nightly_flow.ato_deployment(
        name="nightly",
        schedule=Cron(schedule.cron, timezone=schedule.timezone),
        parameters={"config": str(config), "scheduled": True},
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    runner = Runner(name="gongkai", pause_on_shutdown=False)
    deployed = await runner.aadd_deployment(deployment)
    await _tidy(settings, deployed, say)
    say(f"Next night: {next_due(schedule, now(settings)):%Y-%m-%d %H:%M} ({schedule.timezone}).")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    # The runner's own handler would stop it without waiting for that.
    runner.handle_sigterm = lambda *_: loop.call_soon_threadsafe(stopped.set)  # type: ignore[assignment,method-assign]
    serving = asyncio.create_task(runner.start())
    watching = asyncio.create_task(_watch(server, stopped))
    await asyncio.wait({serving, watching}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        watching.cancel()
        await serving
        return
    await runner.astop()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    if not stopped.is_set():
        raise ServerLost(f"ended with {server.returncode}")


async def _watch(server: subprocess.Popen[bytes], stopped: asyncio.Event) -> None:
    while server.poll() is None and not stopped.is_set():
        await asyncio.sleep(0.2)


async def _tidy(settings: Settings, deployed: UUID, say: Callable[[str], None]) -> None:
    """Mark the dead, drop what is late, and catch up the night that is due if it is missing."""
    state = settings.data.state
    await asyncio.to_thread(_wait_for_ends, state)
    for lost in sweep(state, now(settings)):
        say(f"crashed: {lost.id}, which a kill had left running")
    async with get_client() as client:
        if not _busy(state):
            for run in await _runs(client, FlowRunFilterStateType(any_=UNFINISHED)):
                await client.set_flow_run_state(
                    run.id, Crashed(message="left running by a kill; found at the next start"), force=True
                )
        scheduled = await _runs(client, FlowRunFilterStateType(any_=[StateType.SCHEDULED]), deployed)
        for run in scheduled:
            if run.expected_start_time is not None and run.expected_start_time < now(settings):
                late: State[None] = Cancelled(
                    name="Missed", message="nights are caught up once, not one by one"
                )
                await client.set_flow_run_state(run.id, late, force=True)
        night = last_due(settings.schedule, now(settings))
        if records(state, "nightly") and done_night(state, night) is None:
            say(f"The night of {night:%Y-%m-%d %H:%M} is missing: it is done now.")
            await client.create_flow_run_from_deployment(deployed, name=f"catch up {night:%Y-%m-%d}")


async def _runs(
    client: PrefectClient, states: FlowRunFilterStateType, deployed: UUID | None = None
) -> list[FlowRun]:
    found: list[FlowRun] = []
    while True:
        page = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=states)),
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployed])) if deployed else None,
            limit=200,
            offset=len(found),
        )
        found += page
        if len(page) < 200:
            return found


def _wait_for_ends(state: Path) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    while _busy(state) and time.monotonic() < deadline:
        time.sleep(0.2)


def _busy(state: Path) -> bool:
    """Whether a run of any kind lives, one started by hand among them."""
    for kind in KINDS:
        try:
            with hold(lock_of(state, kind), "serve", 0):
                continue
        except LockTimeout:
            return True
    return False
