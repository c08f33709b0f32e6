"""Writes the report: `python -m report --target bigquery --out target/report.html`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from report.experiments import read
from report.page import page
from report.warehouse import ReportError, Target, opened

PROJECT = Path(__file__).resolve().parents[1]


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


def main(arguments: list[str] | None = None) -> int:
    """Write the report that the command line asks for.

    Args:
        arguments: of the command line; None: the program's own.

    Returns:
        Exit code: 0 when the report is written.
    """
    parser = argparse.ArgumentParser(
        "python -m report", description="Make one HTML file of the marts."
    )
    parser.add_argument("--target", help="target of the profile (default: the profile's)")
    parser.add_argument("--profiles-dir", type=Path, help="folder of profiles.yml")
    parser.add_argument(
        "--project-dir", type=Path, default=PROJECT, help="dbt project (default: this one)"
    )
    parser.add_argument("--vars", type=json.loads, default={}, help="dbt vars, as JSON")
    parser.add_argument("--out", type=Path, default=Path("target/report.html"))
    parser.add_argument(
        "--show-ids", action="store_true", help="show the ids of people in examples of findings"
    )
    chosen = parser.parse_args(arguments)
    target = Target(chosen.target, chosen.project_dir, chosen.profiles_dir, chosen.vars)
    try:
        size = write(target, chosen.out, shows_ids=chosen.show_ids)
    except ReportError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The report is {chosen.out} ({size / 1e6:.1f} MB); open it in a browser.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
