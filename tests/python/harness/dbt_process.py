"""dbt in a process that stays: without the start of Python and dbt a run takes half as long.

The process can kill itself, as `kill -9` does, when a number of models have been built.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import re
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

REASON = re.compile(r"this run computes everything, because (.*)\.$")
QUIET = ("--quiet", "--no-use-colors", "--log-level-file", "none", "--no-write-json")


class KilledError(Exception):
    """dbt was killed in the middle of a run, as it was asked for."""


class DbtProcess:
    """One process for many runs of dbt; it is started when it is needed.

    Args:
        log: file for what dbt prints.

    Attributes:
        reason: why the last run computed everything, as it logs it; None when it did not say so,
            and of a run that was killed.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self.reason: str | None = None
        self._context = multiprocessing.get_context("spawn")
        self._process: Any = None
        self._pipe: Any = None

    def run(
        self, arguments: list[str], environment: dict[str, str], kill_after: int | None = None
    ) -> str | None:
        """Run dbt.

        Args:
            arguments: of the dbt command line.
            environment: variables, over those of this process.
            kill_after: kill the process when so many models are built; 0: when the first starts.

        Returns:
            None, or what went wrong.

        Raises:
            KilledError: when the process was killed; with fewer models than `kill_after` it is not.
        """
        self.reason = None
        if self._process is None or not self._process.is_alive():
            self._start()
        try:
            self._pipe.send(([*QUIET, *arguments], environment, kill_after))
            error, self.reason = self._pipe.recv()
            return error
        except (EOFError, ConnectionError):
            self._process.join()
            if kill_after is None:
                raise AssertionError(f"dbt died: {self.log.read_text()[-2000:]}") from None
            raise KilledError from None

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._pipe.send(None)
            self._process.join()

    def _start(self) -> None:
        self._pipe, theirs = self._context.Pipe()
        self._process = self._context.Process(
            target=_serve, args=(theirs, str(self.log)), daemon=True
        )
        self._process.start()
        theirs.close()


def _serve(pipe: Connection, log: str) -> None:
    """Run what comes through the pipe, until nothing comes any more."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    with contextlib.suppress(EOFError):
        while (job := pipe.recv()) is not None:
            arguments, environment, kill_after = job
            os.environ.update(environment)
            pipe.send(_invoke(arguments, kill_after))


def _invoke(arguments: list[str], kill_after: int | None) -> tuple[str | None, str | None]:
    """Run dbt; what went wrong, and why it computed everything."""
    from dbt.cli.main import dbtRunner

    built = 0
    reason = None

    # With `--quiet` the line is not printed.
    def listen(event: Any) -> None:
        nonlocal reason
        told = REASON.search(event.info.msg) if event.info.name == "JinjaLogInfo" else None
        reason = told[1] if told else reason

    def kill(event: Any) -> None:
        nonlocal built
        built += event.info.name == "NodeFinished"
        if event.info.name in ("NodeStart", "NodeFinished") and built >= kill_after:
            os.kill(os.getpid(), signal.SIGKILL)

    callbacks = [listen] if kill_after is None else [listen, kill]
    result = dbtRunner(callbacks=callbacks).invoke(arguments)
    _let_go()
    if result.success:
        return None, reason
    failed = [
        f"{one.node.name}: {one.message}"
        for one in getattr(result.result, "results", ())
        if one.status == "error"
    ]
    return "\n".join(failed) or str(result.exception), reason


def _let_go() -> None:
    """Close the database, which dbt does when its process ends."""
    from dbt.adapters.factory import FACTORY

    for adapter in FACTORY.adapters.values():
        adapter.cleanup_connections()
        adapter.connections.close_all_connections()
    FACTORY.reset_adapters()
    gc.collect()
