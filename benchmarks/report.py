"""The measurements as a table and as a plot."""

import json
import math
import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.steps import SizeResult

ROWS = (
    ("scan", "(a) physical limit: one scan and aggregation of the columns needed"),
    ("minimum", "(f) hand-written minimum: first exposure per user and experiment"),
    ("assignments", "(b) full refresh, staging to assignments: `dbt run`"),
    ("assignments_models", "models alone, summed"),
    ("assignments_in_full", "the same models, summed, as part of everything"),
    ("full_refresh", "(b) full refresh, everything: `dbt run`"),
    ("full_refresh_models", "models alone, summed"),
    ("day", "(c) incremental day, 1/90 of the data: `dbt run`"),
    ("day_models", "models alone, summed"),
    ("small_day", "(c) incremental run of about 75,000 rows at any size: `dbt run`"),
    ("small_day_models", "models alone, summed"),
    ("usual", "(d) usual way: 100 queries, 20 experiments x 5 metrics"),
    ("read", "(e) read a result from the mart"),
    ("start", "dbt alone: start, parse, no model"),
)
"""Measurements with their names, in the order of the table."""

DBT = ("history", "small_day", "day", "full_refresh", "assignments")
"""Measurements that are runs of dbt."""


@dataclass(frozen=True)
class Target:
    """A ratio with what it has to reach.

    Attributes:
        name: What is compared with what.
        value: The ratio or number, or None when a part was not measured.
        text: The value as text.
        limit: What it has to reach, as text; empty for information only.
        is_reached: Whether it does; None when there is no limit or no value.
    """

    name: str
    value: float | None
    text: str
    limit: str = ""
    is_reached: bool | None = None


def net(result: SizeResult, name: str) -> float | None:
    """Compute what a dbt run takes without the start of dbt.

    Args:
        result: Measurements of one size.
        name: Name of the measurement.

    Returns:
        Wall time less that of a run without any model, in seconds, or None when not measured.
    """
    if name not in result.seconds or "start" not in result.seconds:
        return None
    return max(result.seconds[name] - result.seconds["start"], 0.0)


def targets(result: SizeResult) -> list[Target]:
    """Compute the ratios of one size.

    Args:
        result: Measurements of one size.

    Returns:
        The ratios, always the same ones in the same order.
    """
    seconds = result.seconds

    def ratio(part: float | None, whole: float | None) -> float | None:
        return None if part is None or not whole else part / whole

    def times(name: str, value: float | None, limit: str = "", check: bool | None = None) -> Target:
        text = "" if value is None else f"{value:,.2f} x" if value < 10 else f"{value:,.0f} x"
        return Target(name, value, text, limit, None if value is None else check)

    def at_most(value: float | None, limit: float) -> bool | None:
        return None if value is None else value <= limit

    full, assignments = net(result, "full_refresh"), net(result, "assignments")
    to_minimum = ratio(assignments, seconds.get("minimum"))
    faster = ratio(seconds.get("usual"), seconds.get("full_refresh"))
    day = ratio(seconds.get("day"), seconds.get("full_refresh"))
    day_net = ratio(net(result, "day"), full)
    small = ratio(net(result, "small_day"), full)
    read = seconds.get("read")
    memory = max((result.memory[name] for name in DBT if name in result.memory), default=None)
    is_largest_kind = result.millions >= 50

    def percent(name: str, value: float | None, limit: str = "", check: bool | None = None):
        text = "" if value is None else f"{100 * value:.1f} %"
        return Target(name, value, text, limit, check)

    return [
        times("(b) full refresh / (a) scan", ratio(full, seconds.get("scan"))),
        times(
            "(b) staging to assignments / (f) minimum",
            to_minimum,
            "at most 3 x",
            at_most(to_minimum, 3),
        ),
        times(
            "(d) usual way / (b) full refresh with the start of dbt",
            faster,
            "at least 5 x",
            None if faster is None else faster >= 5,
        ),
        percent(
            "(c) day / (b), both with the start of dbt",
            day,
            "at most 5 % at 50 million",
            at_most(day, 0.05) if is_largest_kind else None,
        ),
        percent("(c) day / (b), both without it", day_net),
        percent("(c) same new rows at any size / (b), both without it", small),
        Target(
            "(e) read a result",
            read,
            "" if read is None else f"{1000 * read:.1f} ms",
            "under 50 ms",
            None if read is None else read < 0.05,
        ),
        Target(
            "peak memory of dbt in (b) and (c)",
            memory,
            "" if memory is None else f"{memory / 1e9:.1f} GB",
            "within 12 GB at 50 million",
            at_most(memory, 12e9) if is_largest_kind else None,
        ),
    ]


def markdown(results: list[SizeResult], machine: dict[str, str]) -> str:
    """Write the measurements as markdown.

    Args:
        results: Measurements, one entry per size.
        machine: What they were made on, name to value.

    Returns:
        Text with a table of ratios, one of times, one of memory, and the slowest models.
    """
    sizes = [f"{result.millions} million" for result in results]
    lines = [
        "# Benchmark",
        "",
        "Written by `make bench`; see the folder `benchmarks` for what is measured and how.",
        "",
        *(f"- {name}: {value}" for name, value in machine.items()),
        "",
        "## Ratios",
        "",
        *_header(["", "reach", *sizes]),
    ]
    for row in zip(*(targets(result) for result in results), strict=True):
        cells = [_checked(target) for target in row]
        lines.append(_row([row[0].name, row[0].limit, *cells]))
    lines += ["", "## Seconds", "", *_header(["", *sizes])]
    for name, text in ROWS:
        if any(name in result.seconds for result in results):
            lines.append(_row([text, *(_seconds(result.seconds.get(name)) for result in results)]))
    lines += ["", "## Peak memory of the process, GB", "", *_header(["", *sizes])]
    for name, text in ROWS:
        if any(name in result.memory for result in results):
            cells = [result.memory.get(name) for result in results]
            lines.append(_row([text, *("" if x is None else f"{x / 1e9:.2f}" for x in cells)]))
    lines += ["", "## Data", "", *_header(["", *sizes])]
    for text, values in (
        ("exposures", [result.exposures for result in results]),
        ("events", [result.events for result in results]),
        ("rows of the incremental day, all tables", [result.day_rows for result in results]),
        ("rows of the run of the same size", [result.small_rows for result in results]),
    ):
        lines.append(_row([text, *(f"{value:,}" for value in values)]))
    for text, values in (
        ("raw tables on disk, GB", [result.raw_bytes for result in results]),
        ("what dbt builds on disk, GB", [result.warehouse_bytes for result in results]),
    ):
        lines.append(_row([text, *("" if x is None else f"{x / 1e9:.2f}" for x in values)]))
    cells = [_equality(result) for result in results]
    lines.append(_row(["incremental runs give what a full refresh gives", *cells]))
    lines += _slowest(results[-1])
    return "\n".join(lines) + "\n"


def plot(results: list[SizeResult], path: Path) -> None:
    """Draw seconds per step against the size, both logarithmic.

    Args:
        results: Measurements, one entry per size.
        path: The PNG file.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    curves = (
        ("usual", "(d) usual way: 100 queries", "#b2182b", "-"),
        ("full_refresh", "(b) full refresh", "#2166ac", "-"),
        ("assignments", "(b) staging to assignments", "#67a9cf", "-"),
        ("day", "(c) incremental day: 1/90", "#1b7837", "-"),
        ("small_day", "(c) 75,000 new rows", "#7fbf7b", "--"),
        ("minimum", "(f) hand-written minimum", "#8c6d31", "-"),
        ("scan", "(a) one scan", "#636363", "-"),
        ("read", "(e) read a result", "#984ea3", "-"),
    )
    figure, axes = plt.subplots(figsize=(10, 6.5), dpi=130)
    ends = []
    for name, label, color, style in curves:
        points = [
            (result.millions, result.seconds[name]) for result in results if name in result.seconds
        ]
        if points:
            axes.plot(*zip(*points, strict=True), style, marker="o", color=color, linewidth=2)
            ends.append((points[-1][1], f"{label}, {_short(points[-1][1])}", color))
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = [result.millions for result in results]
    axes.set_xticks(sizes, [f"{size} million" for size in sizes], minor=False)
    axes.minorticks_off()
    axes.set_xlim(min(sizes) * 0.8, max(sizes) * 1.25)
    axes.set_xlabel("exposures, and as many events")
    axes.set_ylabel("wall time; (b) and (c) with the start of dbt")
    axes.yaxis.set_major_formatter(
        lambda seconds, _: f"{seconds:g} s" if seconds >= 0.1 else f"{1000 * seconds:g} ms"
    )
    axes.grid(axis="y", color="#dddddd")
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    _label_ends(axes, ends, max(sizes) * 1.25)
    axes.set_title(
        f"{results[-1].millions} million: " + _summary(results[-1]), loc="left", fontsize=10.5
    )
    figure.savefig(path, bbox_inches="tight")
    plt.close(figure)


def machine() -> dict[str, str]:
    """Describe what the benchmark runs on.

    Returns:
        Name to value, for people.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB",
        "software": f"DuckDB {version('duckdb')}, dbt-core {version('dbt-core')}, "
        f"dbt-duckdb {version('dbt-duckdb')}, Python {platform.python_version()}",
    }


def write(results: list[SizeResult], folder: Path) -> None:
    """Write results.json, results.md and results.png.

    Args:
        results: Measurements, one entry per size.
        folder: Made when it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about = machine()
    content = {"machine": about, "sizes": [result.content() for result in results]}
    (folder / "results.json").write_text(json.dumps(content, indent=1) + "\n")
    (folder / "results.md").write_text(
        markdown(results, about) + "\n![seconds per step](results.png)\n"
    )
    plot(results, folder / "results.png")


def read(path: Path) -> list[SizeResult]:
    """Read measurements that `write` has written.

    Args:
        path: results.json.

    Returns:
        One entry per size.
    """
    return [SizeResult(**item) for item in json.loads(path.read_text())["sizes"]]


def _label_ends(axes, ends: list[tuple[float, str, str]], x: float) -> None:
    """Write the names of curves beside their ends, apart from each other."""
    low, high = axes.get_ylim()
    space = (math.log10(high) - math.log10(low)) / 24
    previous = -math.inf
    for value, label, color in sorted(ends):
        height = max(math.log10(value), previous + space)
        previous = height
        axes.annotate(
            label, (x, 10**height), color=color, va="center", fontsize=9.5, annotation_clip=False
        )


def _summary(result: SizeResult) -> str:
    """Name the ratios of a size in a line or two."""
    known = [target for target in targets(result)[:4] if target.value is not None]
    return ",\n".join(f"{target.name} = {target.text}" for target in known)


def _short(seconds: float) -> str:
    """Write a time with its unit."""
    return f"{1000 * seconds:.1f} ms" if seconds < 0.1 else f"{_seconds(seconds)} s"


def _seconds(value: float | None) -> str:
    """Write seconds with three digits or so."""
    if value is None:
        return ""
    return f"{value:.4f}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:,.0f}"


def _equality(result: SizeResult) -> str:
    """Say whether the incremental marts were equal."""
    if result.differences is None:
        return "not compared"
    return "yes" if not result.differences else f"no: {len(result.differences)} marts differ"


def _checked(target: Target) -> str:
    """Write a value with a mark whether it is good enough."""
    mark = {True: " (yes)", False: " (**no**)", None: ""}[target.is_reached]
    return target.text + mark


def _slowest(result: SizeResult) -> list[str]:
    """List the slowest models of the largest size."""
    lines = []
    for run, title in (("full_refresh", "full refresh"), ("day", "incremental day")):
        models = sorted(result.models.get(run, {}).items(), key=lambda item: -item[1])[:8]
        if models:
            lines += ["", f"## Slowest models, {title}, {result.millions} million", ""]
            lines += _header(["model", "seconds"])
            lines += [_row([name.split(".")[-1], _seconds(time)]) for name, time in models]
    return lines


def _header(cells: list[str]) -> list[str]:
    """Write the head of a markdown table."""
    return [_row(cells), _row(["---", *("---:" for _ in cells[1:])])]


def _row(cells: list[str]) -> str:
    """Write a row of a markdown table."""
    return f"| {' | '.join(cells)} |"


def _processor() -> str:
    """Name the processor."""
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
