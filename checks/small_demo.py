"""Makes a copy of the project with a smaller demo and builds it on DuckDB.

The engines that stand for warehouses are slow by design. They run all SQL on this copy; the whole
demo is built and tested on DuckDB.

    python checks/small_demo.py [FOLDER]

leaves `project` and `warehouse.duckdb` in the folder, by default target/small-demo.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT))

from demo.config import EXPERIMENTS, Settings  # noqa: E402
from demo.generate import generate  # noqa: E402
from demo.registry import write_registry  # noqa: E402
from demo.writers import CsvWriter, ParquetWriter  # noqa: E402

USERS = 900
SEED = 371
# One with three variants, one unregistered, a pair that overlaps, and one that has concluded. The
# others stay in the registry and have no users.
KEPT = {
    *("homepage-hero-headline-2026-09", "Green button test", "cart-summary-upsell-2026-10"),
    *("cart-banner-free-shipping-2026-10", "onboarding-flow-guided-tour-2026-09"),
}
COPIED = ("analyses", "macros", "models", "seeds", "tests", "dbt_project.yml")


def settings() -> Settings:
    """The demo's settings with fewer experiments that have users."""
    experiments = tuple(
        item if item.id in KEPT else replace(item, share=0.0) for item in EXPERIMENTS
    )
    return Settings(experiments=experiments)


def copy_project(project: Path) -> None:
    """Copies what dbt reads, with a smaller demo in its seeds."""
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            no_dbt = shutil.ignore_patterns("python", "__pycache__")
            shutil.copytree(ROOT / name, project / name, ignore=no_dbt)
        else:
            shutil.copyfile(ROOT / name, project / name)
    raw = CsvWriter(project / "seeds" / "segment_demo", "segment_demo__", ("received_at", "id"))
    generate(USERS, SEED, raw, ParquetWriter(project.parent / "truth"), settings())
    write_registry(project / "seeds", settings())


def build(project: Path, database: Path) -> None:
    """Builds seeds and models on DuckDB, in this project's profile.

    Raises:
        subprocess.CalledProcessError: dbt failed.
    """
    for file in (database, database.with_suffix(".duckdb.wal")):
        file.unlink(missing_ok=True)
    subprocess.run(
        [
            *(str(ROOT / ".venv" / "bin" / "dbt"), "--quiet", "build", "--target", "duckdb"),
            *("--resource-type", "seed", "--resource-type", "model"),
            *("--project-dir", str(project), "--profiles-dir", str(ROOT)),
            *("--vars", (ROOT / "checks" / "settings.yml").read_text("utf-8")),
        ],
        check=True,
        env={**os.environ, "DUCKDB_PATH": str(database)},
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "small-demo").resolve()
    copy_project(folder / "project")
    build(folder / "project", folder / "warehouse.duckdb")
