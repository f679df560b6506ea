"""The commands themselves under kill -9 and started together: `gongkai build` and `gongkai release`, not their parts.

`python -m benchmarks.warehouse_commands`; `--kills` and `--races` say how often.

- kills: half of them of `gongkai build`, half of `gongkai release`, over a dataset and a release from before. One in
  three comes at a moment drawn over the command's whole length, the others while it holds its lock and writes. After
  each, the tables are wholly the old or wholly the new ones, and no release is half there; the command is then run
  once more, and all bytes are those of an undisturbed run.
- races: `gongkai build` (nightly) and `gongkai extract` (a backfill of saved pages, some of them copies of archived
  ones) into the same tables, started together: the union of both, byte for byte, and no cell twice.

Builds share one `prefect server` on loopback, so that the rounds are not spent on starting it; `--embedded` leaves each
build its own. A missed bar: exit code 1. The pages are the sample site's, crawled by `gongkai demo`.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from extractors.charset import decode
from warehouse.publish import read_table
from warehouse.release import releases, verify_release
from warehouse.schemas import TABLES

GONGKAI = Path(sys.executable).with_name("gongkai")
COLUMN = Path(__file__).parents[1] / "data" / "sample_site" / "cili" / "zfxxgk" / "ndbg"
FIRST_PAGES, COPIES, OTHERS = 10, 8, 4
KEYS = ["report_id", "item", "applicant"]

missed: list[str] = []
chance = random.Random(11)


@dataclass(frozen=True, slots=True)
class Length:
    """How long an undisturbed command takes, and how much of that after it took its lock."""

    whole: float
    writing: float


def started(*words: object, at: Path) -> subprocess.Popen[str]:
    """A command in a session of its own, so that a kill meets its workers too."""
    return subprocess.Popen(
        [str(GONGKAI), *map(str, words)],
        cwd=at, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def run(*words: object, at: Path) -> str:
    """A command to its end; 2 is no answer here."""
    process = started(*words, at=at)
    printed, _ = process.communicate()
    if process.returncode not in (0, 1):
        raise RuntimeError(f"gongkai {' '.join(map(str, words))}: {process.returncode}: {printed}")
    return printed


def killed(*words: object, at: Path, lock: Path, length: Length, anywhere: bool) -> bool:
    """Kill a command at a random moment, of its whole length or of its writing; whether it was still at work."""
    process = started(*words, at=at)
    if anywhere:
        time.sleep(chance.uniform(0, length.whole))
    else:
        _until_signed(lock, process)
        time.sleep(chance.uniform(0, length.writing))
    alive = process.poll() is None
    if alive:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return alive


def _until_signed(lock: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a holder has signed the lock file anew, or the command has ended."""
    while process.poll() is None:
        if lock.is_file() and f'"pid": {process.pid},' in lock.read_text(encoding="utf-8"):
            return
        time.sleep(0.001)


def measured(*words: object, at: Path, lock: Path) -> Length:
    """Run a command undisturbed and time it."""
    began = time.monotonic()
    process = started(*words, at=at)
    _until_signed(lock, process)
    took_lock = time.monotonic()
    printed, _ = process.communicate()
    if process.returncode not in (0, 1):
        raise RuntimeError(printed)
    ended = time.monotonic()
    return Length(ended - began, ended - took_lock)


@contextmanager
def prefect_server(home: Path) -> Iterator[None]:
    """One Prefect for all builds of this process, by the variable that they would find on a machine with a server."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/api"
    environment = os.environ | {"PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    words = ["server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(
        [str(GONGKAI.with_name("prefect")), *words],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + 180
        while not _answers(port):
            if time.monotonic() > until or server.poll() is not None:
                raise RuntimeError("the Prefect server does not start")
            time.sleep(0.5)
        os.environ["PREFECT_API_URL"] = address
        yield
    finally:
        os.environ.pop("PREFECT_API_URL", None)
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def tables(root: Path) -> dict[str, bytes]:
    """Every file of every table, as a reader finds it."""
    return {
        f"{name}/{path.relative_to(root / name)}": path.read_bytes()
        for name in TABLES
        for path in (root / name).rglob("*.parquet")
    }


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, symlinks=True)
    return target


def prepare(work: Path) -> tuple[Path, Path]:
    """A workplace whose tables hold a few saved pages, released, and whose archive has many more; and a copy."""
    run("demo", "--data", work / "demo", "--port", free_port(), at=work)
    old = work / "old"
    (old / "first").mkdir(parents=True)
    for page in sorted(COLUMN.glob("content_*.shtml"))[:FIRST_PAGES]:
        shutil.copy(page, old / "first")
    copied(work / "demo" / "demo" / "archive", old / "archive")
    settings = yaml.safe_load((work / "demo" / "demo" / "config.yaml").read_text(encoding="utf-8"))
    settings["data"] = {
        "archive": "archive", "datasets": "parquet", "state": "state", "releases": "releases",
    }  # fmt: skip
    settings["homepage"] = "https://data.example/gongkai"
    # Tables that grow fivefold in a night would wait for a person.
    settings["guards"] = dict.fromkeys(
        ("exact_tables_fall", "identities_held_fall", "organs_known_fall", "rows_lost_share"), 1.0
    )
    (old / "config.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    run("extract", "first", "--out", "parquet", at=old)
    run("release", at=old)
    return old, copied(old, work / "new")


def kill_builds(old: Path, new: Path, work: Path, rounds: int) -> None:
    """`gongkai build` killed; then run again."""
    length = measured("build", at=new, lock=new / "parquet" / ".lock")
    allowed = {"old": tables(old / "parquet"), "new": tables(new / "parquet")}
    if allowed["old"] == allowed["new"]:
        raise RuntimeError("the build changed nothing: nothing would be shown")
    seen, at_work = Counter[str](), 0
    for round_ in range(rounds):
        place = copied(old, work / "kill-build")
        at_work += killed(
            "build", at=place, lock=place / "parquet" / ".lock", length=length, anywhere=round_ % 3 == 0
        )
        held = tables(place / "parquet")
        seen[next((name for name, content in allowed.items() if content == held), "mixed")] += 1
        run("build", at=place)
        if tables(place / "parquet") != allowed["new"]:
            missed.append(f"build kill {round_}: the rerun differs from an undisturbed run")
        shutil.rmtree(place)
    _tell("gongkai build", rounds, at_work, seen, length)


def kill_releases(new: Path, work: Path, rounds: int) -> None:
    """`gongkai release` killed, over a release of the state before; then run again."""
    whole = copied(new, work / "released")
    length = measured("release", at=whole, lock=whole / "releases" / ".lock")
    wanted = [files(path) for path in releases(whole / "releases")]
    if len(wanted) != 2:
        raise RuntimeError(f"{len(wanted)} releases, 2 expected")
    seen, at_work = Counter[str](), 0
    for round_ in range(rounds):
        place = copied(new, work / "kill-release")
        at_work += killed(
            "release", at=place, lock=place / "releases" / ".lock", length=length, anywhere=round_ % 3 == 0
        )
        held = [files(path) for path in releases(place / "releases")]
        seen[{1: "old", 2: "new"}[len(held)] if held == wanted[: len(held)] else "mixed"] += 1
        run("release", at=place)
        found = releases(place / "releases")
        if [files(path) for path in found] != wanted:
            missed.append(f"release kill {round_}: the rerun differs from an undisturbed release")
        for path in found:
            verify_release(path)
        shutil.rmtree(place)
    _tell("gongkai release", rounds, at_work, seen, length)


def _tell(command: str, rounds: int, at_work: int, seen: Counter[str], length: Length) -> None:
    print(
        f"kills: {rounds} × kill -9 of `{command}` ({length.whole:.1f} s whole, {length.writing:.2f} s writing), "
        f"{at_work} met it at work: {dict(seen)}; reruns differing from an undisturbed run: "
        f"{sum(command.split()[1] in line for line in missed)}",
        flush=True,
    )
    if seen["mixed"]:
        missed.append(f"{command}: {seen['mixed']} mixed states")


def races(old: Path, work: Path, rounds: int) -> None:
    """A nightly build and a backfill of saved files, started together into the same, empty tables."""
    base = copied(old, work / "race-base")
    shutil.rmtree(base / "parquet")
    saved = base / "saved"
    saved.mkdir()
    for number, page in enumerate(sorted(COLUMN.glob("content_*.shtml"))[: COPIES + OTHERS]):
        text = decode(page.read_bytes()).text
        # Copies of archived pages are duplicates of them; the others are another county's.
        (saved / page.name).write_text(
            text if number < COPIES else text.replace("慈利县", "桑植县"), encoding="utf-8"
        )
    backfill = ("extract", "saved", "--out", "parquet")
    alone = copied(base, work / "race-alone")
    run("build", at=alone)
    run(*backfill, at=alone)
    wanted, equal, waited = tables(alone / "parquet"), 0, 0
    for round_ in range(rounds):
        place = copied(base, work / "race")
        nightly = started("build", at=place)
        # The build spends most of its time on starting: the backfill comes at a random moment of that.
        time.sleep(chance.uniform(0, 0.9) * LEAD)
        both = [nightly, started(*backfill, at=place)]
        printed = [process.communicate()[0] for process in both]
        codes = [process.returncode for process in both]
        held = tables(place / "parquet")
        doubled = int(read_table(place / "parquet", "requests").duplicated(KEYS).sum())
        waited += any("waiting for " in text for text in printed)
        good = set(codes) <= {0, 1} and held == wanted and not doubled
        equal += good
        if not good:
            missed.append(f"race {round_}: codes {codes}, {len(held.items() ^ wanted.items())} files differ")
        shutil.rmtree(place)
    print(
        f"races: {rounds} × `gongkai build` and `gongkai extract` together: {equal} gave the union of both, byte for "
        f"byte, no cell twice; in {waited} one waited for the other",
        flush=True,
    )


LEAD = 4.0
"""Seconds that a build takes before it publishes, about, where a server runs already."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="in all, of both commands")
    parser.add_argument(
        "--builds", type=int, help="how many of the kills are of `gongkai build`; half without"
    )
    parser.add_argument("--races", type=int, default=20)
    parser.add_argument("--embedded", action="store_true", help="each build starts Prefect's embedded server")
    given = parser.parse_args()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if not given.embedded:
            stack.enter_context(prefect_server(work / "prefect"))
        old, new = prepare(work)
        if given.kills:
            builds = given.kills // 2 if given.builds is None else given.builds
            kill_builds(old, new, work, builds)
            kill_releases(new, work, given.kills - builds)
        if given.races:
            races(old, work, given.races)
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
