"""The command `segment-experiments`, and `python -m report` for its first half."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from .experiments import read
from .page import page
from .warehouse import PACKAGE, ReportError, Target, invoked, opened


def write(target: Target, out: Path, *, shows_ids: bool = False) -> int:
    """Read the marts and write the report.

    Args:
        target: where the marts are.
        out: the file; its folder is made.
        shows_ids: whether ids of people in examples of findings are shown whole.

    Returns:
        Size of the file in bytes.

    Raises:
        ReportError: the marts cannot be read.
    """
    with opened(target) as warehouse:
        contents = replace(read(warehouse), shows_ids=shows_ids)
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.write_bytes(page(contents).encode())


def add_target(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say where the warehouse is."""
    parser.add_argument("--target", help="target of the profile (default: the profile's)")
    parser.add_argument("--profiles-dir", type=Path, help="folder of profiles.yml")
    parser.add_argument(
        "--project-dir",
        type=Path,
        default=Path(os.environ.get("DBT_PROJECT_DIR", ".")),
        help="dbt project (default: DBT_PROJECT_DIR, or this folder)",
    )
    parser.add_argument("--vars", type=json.loads, default={}, help="dbt vars, as JSON")


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the report."""
    add_target(parser)
    parser.add_argument("--out", type=Path, default=Path("target/report.html"))
    parser.add_argument(
        "--show-ids", action="store_true", help="show the ids of people in examples of findings"
    )


def target_of(chosen: argparse.Namespace) -> Target:
    """The target that the command line names."""
    return Target(chosen.target, chosen.project_dir, chosen.profiles_dir, chosen.vars)


def report(chosen: argparse.Namespace) -> int:
    """Write the report that the command line asks for; the exit code."""
    size = write(target_of(chosen), chosen.out, shows_ids=chosen.show_ids)
    print(f"The report is {chosen.out} ({size / 1e6:.1f} MB); open it in a browser.")
    return 0


def check_setup(chosen: argparse.Namespace) -> int:
    """Say what is in the warehouse, and what to write into the settings; the exit code."""
    done = invoked(target_of(chosen), "--quiet", "run-operation", f"{PACKAGE}.check_setup")
    return 0 if done.success else 1


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for.

    Args:
        arguments: of the command line; None: the program's own.

    Returns:
        Exit code: 0 when all went well.
    """
    parser = argparse.ArgumentParser(
        "segment-experiments", description="Tools beside the dbt package segment_experiments."
    )
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("report", help="make one HTML file of the marts")
    add_report(command)
    command.set_defaults(does=report)
    command = commands.add_parser(
        "check-setup", help="say what Segment has loaded, and what to write into the settings"
    )
    add_target(command)
    command.set_defaults(does=check_setup)
    chosen = parser.parse_args(arguments)
    try:
        return chosen.does(chosen)
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(["report", *sys.argv[1:]]))
