"""Seconds and peak memory of work that runs in a process of its own."""

import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes per unit of `ru_maxrss`."""


class BenchmarkError(Exception):
    """A step failed; the message is what it printed."""


@dataclass(frozen=True)
class Measured:
    """What a piece of work took.

    Attributes:
        seconds: Wall time.
        memory: Peak resident memory of its process, bytes.
        value: What it returned or printed.
    """

    seconds: float
    memory: int
    value: Any = None


def run_command(
    command: Sequence[str], log: Path, cwd: Path, environment: dict[str, str]
) -> Measured:
    """Run a command to its end.

    Args:
        command: Program and arguments.
        log: File that gets what it prints.
        cwd: Folder to run it in.
        environment: Variables over those of this process.

    Returns:
        Wall time and peak memory of the process, and what it printed.

    Raises:
        BenchmarkError: If it ends with an error.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w+", encoding="utf-8", errors="replace") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)}\n{printed}")
    return Measured(seconds, usage.ru_maxrss * MEMORY_UNIT, printed)


def run_function(function: Callable[..., Any], *arguments: Any) -> Measured:
    """Run a function in a new process.

    Args:
        function: Function of a module; it returns a `Measured`, of which the memory is filled in,
            or any other value.
        *arguments: Its arguments.

    Returns:
        What the function returned, with the peak memory of its process. Wall time is that of the
        call, unless the function has measured it itself.

    Raises:
        BenchmarkError: If the process dies or the function raises.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_call, args=(theirs, function, arguments))
    process.start()
    theirs.close()
    try:
        outcome = ours.recv()
    except EOFError:
        outcome = "the process died"
    process.join()
    if isinstance(outcome, str):
        raise BenchmarkError(f"{function.__name__}: {outcome}")
    return outcome


def _call(pipe: Any, function: Callable[..., Any], arguments: tuple) -> None:
    """Call a function and send back what it took, or the text of the error."""
    try:
        start = time.perf_counter()
        value = function(*arguments)
        seconds = time.perf_counter() - start
        if isinstance(value, Measured):
            seconds, value = value.seconds, value.value
        pipe.send(Measured(seconds, _peak_memory(), value))
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {error}")


def _peak_memory() -> int:
    """Look up the peak resident memory of this process, bytes.

    On Linux `ru_maxrss` also counts the process that started this one, as it was at that moment.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MEMORY_UNIT
