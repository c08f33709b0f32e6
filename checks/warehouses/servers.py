"""Starts the engine that stands for a warehouse, on this machine only, and stops it at the end.

Each server yields the dbt target with which the project is run on it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCALHOST = "127.0.0.1"
START_SECONDS = 60
STATEMENT_SECONDS = 300
SNOWFLAKE_DATABASE = "REHEARSAL"
Target = dict[str, Any]


class ServerError(Exception):
    """A server did not start."""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind((LOCALHOST, 0))
        return listener.getsockname()[1]


@contextlib.contextmanager
def running(
    command: list[str], log: Path, ready: Callable[[], bool], **options: Any
) -> Iterator[None]:
    """Runs a server until the block ends.

    Raises:
        ServerError: it was not ready in time, or ended before.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, **options
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        for stop in (signal.SIGINT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, stop)  # with whatever it has started
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
                break


def answers(url: str) -> Callable[[], bool]:
    """Whether a URL answers."""

    def ready() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=1) as response:
                return response.status == 200
        except OSError:
            return False

    return ready


@contextlib.contextmanager
def bqemulator(folder: Path) -> Iterator[Target]:
    """An emulator of BigQuery's REST interface."""
    environment = ROOT / ".venv-bqemulator" / "bin"
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    variables = {**os.environ, "HOME": str(home)}
    load = "import duckdb_extensions; duckdb_extensions.import_extension('spatial')"
    subprocess.run(
        [str(environment / "python"), "-c", load], env=variables, check=True, capture_output=True
    )
    rest, grpc = free_port(), free_port()
    command = [
        *(str(environment / "bqemulator"), "start", "--ephemeral", "--project", "local-project"),
        *("--rest-host", LOCALHOST, "--rest-port", str(rest)),
        *("--grpc-host", LOCALHOST, "--grpc-port", str(grpc), "--log-level", "warning"),
    ]
    url = f"http://{LOCALHOST}:{rest}"
    with running(command, folder / "server.log", answers(f"{url}/healthz"), env=variables):
        yield {
            "type": "bigquery",
            "method": "oauth-secrets",
            "token": "unused",
            "project": "local-project",
            "dataset": "analytics",
            "location": "US",
            "priority": "interactive",
            "job_retries": 0,
            "api_endpoint": url,
        }


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, the newest version's; None without any."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: path.parts)
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[Target]:
    """A PostgreSQL server with a database of its own; it refuses to run as root."""
    programs = postgres_programs()
    if programs is None:
        raise ServerError("PostgreSQL is not installed")
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="segment-experiments-") as data:
        if user:
            shutil.chown(data, "postgres", "postgres")
        subprocess.run(
            [
                *(*user, str(programs / "initdb"), "--pgdata", f"{data}/data", "--locale", "C"),
                *("--encoding", "UTF8", "--username", "rehearsal", "--auth", "trust"),
            ],
            check=True,
            capture_output=True,
            cwd=data,
        )
        port = free_port()
        command = [
            *(*user, str(programs / "postgres"), "-D", f"{data}/data", "-p", str(port)),
            *("-h", LOCALHOST, "-k", data, "-c", "fsync=off"),
            *("-c", "TimeZone=UTC", "-c", f"statement_timeout={STATEMENT_SECONDS}s"),
        ]
        ready = [str(programs / "pg_isready"), "-q", "-h", LOCALHOST, "-p", str(port)]
        with running(
            command,
            folder / "server.log",
            lambda: subprocess.run(ready, check=False).returncode == 0,
            cwd=data,
        ):
            yield {
                "type": "postgres",
                "host": LOCALHOST,
                "port": port,
                "user": "rehearsal",
                "password": "unused",
                "dbname": "postgres",
                "schema": "analytics",
            }


@contextlib.contextmanager
def duckdb_file(folder: Path) -> Iterator[Target]:
    """No server: a file, by the version of DuckDB that is in the environment."""
    folder.mkdir(parents=True, exist_ok=True)
    yield {"type": "duckdb", "path": str(folder / "warehouse.duckdb"), "schema": "analytics"}


@contextlib.contextmanager
def snowflake(folder: Path) -> Iterator[Target]:
    """No server: the imitation of Snowflake takes the place of its client in dbt's process."""
    folder.mkdir(parents=True, exist_ok=True)
    yield {
        "type": "snowflake",
        "account": "unused",
        "user": "rehearsal",
        "password": "unused",
        "database": SNOWFLAKE_DATABASE,
        "schema": "analytics",
        "warehouse": "rehearsal",
    }
