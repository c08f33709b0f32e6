"""dbt in a process that stays: it starts once, and parses the project once for all settings.

Each run of dbt is a copy (a fork) of that process. So runs share what was imported and parsed, and
nothing else: no connection, no state of dbt. A run can kill itself, as `kill -9` does.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import json
import multiprocessing
import os
import pickle
import re
import signal
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml

REASON = re.compile(r"this run computes everything, because (.*)\.$", re.MULTILINE)
# The static parser has threads, which a fork would wait for without end.
PLAIN = (
    *("--no-use-colors", "--log-level-file", "none", "--no-partial-parse"),
    "--no-static-parser",
)

# Commands that make a manifest, or need none.
PARSING = ("parse", "deps", "docs")
# Settings that dbt reads while it parses. The others are read when SQL is compiled, so runs that
# differ in them share a manifest; test_dbt_process.py proves it.
PARSED_SETTINGS = (
    *("exposure_events", "metrics", "funnels", "activity"),
    "identity_resolution",
    "demo_data",
    "segment_database",
    "segment_schema",
    "segment_sources",
    *("marts_schema", "staging_schema", "marts_prefix"),
    "modules",
    "experiments_model",
    "experiment_variants_model",
    "suppressed_users_model",
    "assignment_dimensions",
    "assignments_from_traits",
    "multiple_variant_policy",
    "tracking_thresholds",
    "registry_severity",
    "duplicate_exposures_warn_share",
    "duplicate_exposures_error_share",
    "exports",
)
# It matters to dbt whether there is one, and not which.
AS_OF = "2026-01-01"
MANIFESTS = 16  # that are kept, the latest used ones


class KilledError(Exception):
    """dbt was killed in the middle of a run, as it was asked for."""


class DbtProcess:
    """One process for many runs of dbt; it is started when it is needed.

    Args:
        log: file for what dbt prints.

    Attributes:
        printed: what the last run printed.
        reason: why the last run computed everything, as it logs it; None when it did not say so.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self.printed = ""
        self.reason: str | None = None
        self._process: Any = None
        self._pipe: Any = None

    def run(
        self, arguments: list[str], environment: dict[str, str], kill_after: int | None = None
    ) -> str | None:
        """Run dbt.

        Args:
            arguments: of the dbt command line.
            environment: variables, over those of this process.
            kill_after: kill dbt when so many models are built; 0: when the first starts.

        Returns:
            None, or what went wrong.

        Raises:
            KilledError: when dbt was killed; with fewer models than `kill_after` it is not.
        """
        if self._process is None:
            self._start()
        begin = self.log.stat().st_size
        self._pipe.send(([*PLAIN, *arguments], environment, kill_after))
        try:
            exit_code, error = self._pipe.recv()
        except EOFError:
            raise AssertionError(f"dbt died: {self.log.read_text()[-2000:]}") from None
        with self.log.open("rb") as log:
            log.seek(begin)
            self.printed = log.read().decode()
        told = REASON.findall(self.printed)
        self.reason = told[-1] if told else None
        if exit_code == -signal.SIGKILL and kill_after is not None:
            raise KilledError
        assert exit_code == 0, f"dbt died ({exit_code}): {self.printed[-2000:]}"
        return error

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._pipe.send(None)
            self._process.join()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.log.touch()
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, str(self.log)), daemon=True)
        self._process.start()
        theirs.close()


@functools.cache
def kept_dbt() -> DbtProcess:
    """The dbt process of this test process."""
    folder = tempfile.TemporaryDirectory(prefix="dbt-process-")
    process = DbtProcess(Path(folder.name) / "dbt.log")
    atexit.register(lambda: (process.close(), folder.cleanup()))
    return process


def parsed_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """The part of some settings that dbt reads while it parses.

    Args:
        settings: dbt vars.

    Returns:
        Some of them. Settings for which this is the same have the same manifest.
    """
    parsed = {name: value for name, value in settings.items() if name in PARSED_SETTINGS}
    return parsed | ({"as_of": AS_OF} if settings.get("as_of") else {})


# ------------------------------------------------------------------ in the process that stays


def _serve(pipe: Connection, log: str) -> None:
    """Run what comes through the pipe, until nothing comes any more."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    manifests: dict[str, Any] = {}
    _import_what_runs_import()
    _remember_what_texts_say()
    with contextlib.suppress(EOFError):
        while (job := pipe.recv()) is not None:
            arguments, environment, kill_after = job
            os.environ.update(environment)
            os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
            try:
                manifest = _manifest(arguments, manifests)
            except Exception as error:  # dbt has no common type for them
                print(error, flush=True)
                pipe.send((0, str(error)))
                continue
            pipe.send(_in_a_fork(arguments, manifest, kill_after))


def _import_what_runs_import() -> None:
    """Imports, once for all, what dbt leaves to the first query of a run."""
    from dbt.adapters.duckdb import Plugin  # noqa: F401
    from dbt_common.clients import agate_helper

    agate_helper.build_type_tester(())
    agate_helper.table_from_rows([(1,)], ["number"])


def _remember_what_texts_say() -> None:
    """Parses and compiles each text of Jinja once: other settings are parsed in half the time."""
    import jinja2
    from dbt_common.tests import enable_test_caching

    enable_test_caching()  # dbt's own, for its own tests: it remembers what it parsed.

    compile_text = jinja2.Environment.compile
    compiled: dict[tuple[type, str], Any] = {}

    def remembered(self: jinja2.Environment, source: Any, *args: Any, **options: Any) -> Any:
        if args or options or not isinstance(source, str):
            return compile_text(self, source, *args, **options)
        key = (type(self), source)
        if key not in compiled:
            compiled[key] = compile_text(self, source)
        return compiled[key]

    jinja2.Environment.compile = remembered  # type: ignore[method-assign]


def _manifest(arguments: list[str], manifests: dict[str, Any]) -> Any:
    """What dbt knows of the project with these arguments, parsed or remembered."""
    from dbt.cli.main import dbtRunner
    from dbt_common.clients.jinja import template_cache

    if any(command in arguments for command in PARSING):
        return None
    options = {
        name: arguments[arguments.index(name) + 1]
        for name in ("--target-path", "--log-path", "--project-dir", "--profiles-dir")
    }
    settings = yaml.safe_load(arguments[arguments.index("--vars") + 1])
    # A macro that is run on its own reads nothing of the models.
    text = json.dumps({} if "run-operation" in arguments else parsed_settings(settings))
    key = options["--project-dir"] + text
    if key not in manifests:
        where = [part for option in options.items() for part in option]
        result = dbtRunner().invoke(
            [*PLAIN, "--quiet", "--no-write-json", "parse", "--vars", text, *where]
        )
        if not result.success:
            raise result.exception
        while len(manifests) >= MANIFESTS:
            del manifests[next(iter(manifests))]
        manifests[key] = result.result
        for macro in result.result.macros.values():
            template_cache.get_node_template(macro)
        # Runs neither look through all this for garbage, nor get copies of it by that.
        gc.freeze()
    manifests[key] = manifests.pop(key)  # The latest used one is the last.
    return manifests[key]


def _in_a_fork(
    arguments: list[str], manifest: Any, kill_after: int | None
) -> tuple[int, str | None]:
    """Run dbt in a copy of this process; its exit code, negative for a signal, and its error."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        with os.fdopen(write, "wb") as answer:
            pickle.dump(_invoke(arguments, manifest, kill_after), answer)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        answered = answer.read()
    exit_code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return exit_code, pickle.loads(answered) if answered else None


def _invoke(arguments: list[str], manifest: Any, kill_after: int | None) -> str | None:
    """Run dbt; None, or what went wrong."""
    from dbt.adapters.factory import FACTORY
    from dbt.cli.main import dbtRunner

    built = 0

    def kill(event: Any) -> None:
        nonlocal built
        built += event.info.name == "NodeFinished"
        if event.info.name in ("NodeStart", "NodeFinished") and built >= kill_after:
            os.kill(os.getpid(), signal.SIGKILL)

    callbacks = [] if kill_after is None else [kill]
    # Who wants the manifest parses; to write it takes a fifth of a small run.
    silent = [] if manifest is None else ["--no-write-json"]
    result = dbtRunner(manifest=manifest, callbacks=callbacks).invoke([*silent, *arguments])
    # DuckDB moves what is in its log to its file when the last reference to it is gone.
    for adapter in FACTORY.adapters.values():
        adapter.cleanup_connections()
        adapter.connections.close_all_connections()
    FACTORY.reset_adapters()
    gc.collect()
    if result.success:
        return None
    failed = [
        f"{one.node.name if hasattr(one, 'node') else one.unique_id}: {one.message}"
        for one in getattr(result.result, "results", ())
        if one.status in ("error", "fail", "runtime error")
    ]
    return "\n".join(failed) or str(result.exception or "dbt ended with an error")
