"""PostgreSQL and an S3 server on loopback, each a process of its own that is ended by its number alone.

Both keep what they were given on the disk: killed and started again, they have it still. The S3 server is the
gateway of JuiceFS (a binary in a Python package): it checks signatures and keys as Amazon's does.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pyarrow import fs

READY_SECONDS = 600.0
POSTGRES_BINARIES = "usr/lib/postgresql/*/bin"
DATABASE_USER = "postgres"
"""PostgreSQL refuses to run as root; Debian's package makes this user."""
ACCESS, SECRET = "gongkai-local", "on-loopback-only"


class NotReady(RuntimeError):
    """A service that did not come up; the message holds the end of what it printed."""


def free_port() -> int:
    """A port of loopback that nothing listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Service:
    """A program that is started, killed and started again as the same."""

    name: str
    command: Sequence[str]
    folder: Path
    ready: Callable[[], bool]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What it printed."""
        return self.folder / f"{self.name}.log"

    def start(self) -> None:
        """Start it and wait until it answers. Raises NotReady."""
        with self.log.open("ab") as log:
            # A group of its own: what it starts in turn ends with it.
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        until = time.monotonic() + READY_SECONDS
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise NotReady(f"{self.name}: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(9)

    def stop(self, number: int = 15) -> None:
        """End it in order."""
        self._end(number)

    def _end(self, number: int) -> None:
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, number)
            self.process.wait(20)
        except ProcessLookupError:
            self.process.wait()
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        self.process = None


def answers(port: int) -> bool:
    """Whether something listens at a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Postgres:
    """A database server with an empty cluster of its own, open to this machine alone."""

    service: Service
    port: int
    binaries: Path

    def address(self, database: str, driver: str = "psycopg") -> str:
        """SQLAlchemy URL of a database."""
        return f"postgresql+{driver}://{DATABASE_USER}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """A new database; its address."""
        self._run("createdb", database)
        return self.address(database)

    def execute(self, database: str, statement: str) -> None:
        """Run SQL as the administrator does: to end another's connections, or to take a right away."""
        self._run("psql", "--quiet", "--no-psqlrc", "--command", statement, database)

    def _run(self, program: str, *words: str) -> None:
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--username", DATABASE_USER]
        subprocess.run(
            [str(self.binaries / program), *place, *words], check=True, stdout=subprocess.DEVNULL, cwd="/"
        )


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server whose data lie in a temporary folder, which its own user can reach."""
    with tempfile.TemporaryDirectory(prefix="gongkai-postgres-") as folder:
        yield from _postgres_in(Path(folder))


def _postgres_in(folder: Path) -> Iterator[Postgres]:
    binaries = postgres_binaries()
    data, port = folder / "data", free_port()
    as_user: list[str] = []
    if os.geteuid() == 0:
        as_user = ["setpriv", f"--reuid={DATABASE_USER}", f"--regid={DATABASE_USER}", "--init-groups"]
        shutil.chown(folder, DATABASE_USER)
    options = ["--username", DATABASE_USER, "--auth", "trust", "--encoding", "UTF8", "--no-sync"]
    made = subprocess.run(
        [*as_user, str(binaries / "initdb"), *options, "--locale", "C.UTF-8", "--pgdata", str(data)],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise NotReady(f"initdb: {made.stderr}")
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "200",
        # What a killed process wrote is safe with the operating system; no power cut is played here.
        "fsync": "off",
    }
    command = [*as_user, str(binaries / "postgres"), "-D", str(data), "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    asks = [str(binaries / "pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(port)]

    def ready() -> bool:
        return subprocess.run(asks, check=False).returncode == 0

    service = Service("postgres", command, folder, ready)
    service.start()
    try:
        yield Postgres(service, port, binaries)
    finally:
        # SIGINT: its fast shutdown, which does not wait for clients.
        service.stop(2)


def postgres_binaries() -> Path:
    """Where Debian keeps the server's programs. Raises NotReady where there are none."""
    for folder in sorted(Path("/").glob(POSTGRES_BINARIES), reverse=True):
        if (folder / "postgres").is_file():
            return folder
    raise NotReady("PostgreSQL is not installed (Debian: postgresql)")


@dataclass
class S3Server:
    """An S3 server with one administrator."""

    service: Service
    port: int

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def credentials(self) -> dict[str, str]:
        """The environment of who may use it."""
        return {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}

    def files(self) -> fs.FileSystem:
        """Its administrator's view of it."""
        os.environ.setdefault("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required")
        return fs.S3FileSystem(
            access_key=ACCESS, secret_key=SECRET, endpoint_override=self.endpoint, region="us-east-1",
            allow_bucket_creation=True, allow_delayed_open=True,
        )  # fmt: skip

    def create(self, bucket: str) -> None:
        """A new bucket."""
        self.files().create_dir(bucket)


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """An S3 server whose objects lie under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    program, records, port = (
        str(Path(sys.executable).with_name("juicefs")),
        f"sqlite3://{folder}/meta.db",
        free_port(),
    )
    storage = ["--storage", "file", "--bucket", f"{folder}/blobs/", "--trash-days", "0"]
    made = subprocess.run(
        [program, "format", *storage, records, "gongkai"], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise NotReady(f"juicefs format: {made.stderr}")
    options = [
        "--multi-buckets",
        "--no-usage-report",
        "--cache-dir",
        f"{folder}/cache",
        "--metrics",
        "127.0.0.1:0",
    ]
    command = [program, "gateway", *options, records, f"127.0.0.1:{port}"]
    keys = {"MINIO_ROOT_USER": ACCESS, "MINIO_ROOT_PASSWORD": SECRET}
    service = Service("s3", command, folder, lambda: answers(port), keys)
    service.start()
    try:
        yield S3Server(service, port)
    finally:
        service.stop()


@contextmanager
def dask_cluster(
    folder: Path, environment: dict[str, str], machines: int = 2
) -> Iterator[tuple[str, list[Service]]]:
    """A Dask scheduler and so many reading machines, each with one thread; the scheduler's address, the machines."""
    folder.mkdir(parents=True, exist_ok=True)
    program, port = str(Path(sys.executable).with_name("dask")), free_port()
    address = f"tcp://127.0.0.1:{port}"
    place = ["--host", "127.0.0.1", "--port", str(port)]
    scheduler = Service(
        "dask-scheduler", [program, "scheduler", *place, "--no-dashboard"], folder, lambda: answers(port)
    )
    # Reading keeps Python busy: one thread a process, as many processes as cores.
    command = [
        program,
        "worker",
        address,
        "--nworkers",
        "1",
        "--nthreads",
        "1",
        "--no-dashboard",
        "--host",
        "127.0.0.1",
    ]
    readers = []
    for number in range(machines):
        local = ["--local-directory", str(folder / f"reader-{number}"), "--name", f"reader-{number}"]
        readers.append(Service(f"dask-reader-{number}", [*command, *local], folder, _always, environment))
    with started(scheduler, *readers):
        yield address, readers


def _always() -> bool:
    return True


@contextmanager
def started(*services: Service) -> Iterator[None]:
    """Services in order; ended in the opposite one, whatever happens."""
    running: list[Service] = []
    try:
        for service in services:
            service.start()
            running.append(service)
        yield
    finally:
        for service in reversed(running):
            service.stop()
