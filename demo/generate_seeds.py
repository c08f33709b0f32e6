"""Command line: write the small run that is committed under seeds/, and the registry.

python -m demo.generate_seeds [PROJECT_FOLDER]
"""

import sys
import tempfile
from pathlib import Path

from demo.generate import generate
from demo.registry import write_registry
from demo.writers import CsvWriter, ParquetWriter

USERS = 2_280
SEED = 371
"""Chosen so that experiments without an effect do not look as if they had one by chance."""


def generate_seeds(folder: Path, truth: Path) -> dict[str, int]:
    """Write the demo seeds.

    Args:
        folder: Gets experiments.csv, experiment_variants.csv and segment_demo/.
        truth: Gets the truth of the simulation as parquet.

    Returns:
        Rows per raw table.
    """
    raw = CsvWriter(folder / "segment_demo", "segment_demo__", ("received_at", "id"))
    rows = generate(USERS, SEED, raw, ParquetWriter(truth))
    write_registry(folder)
    return rows


if __name__ == "__main__":
    project = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as scratch:
        for name, count in generate_seeds(project / "seeds", Path(scratch)).items():
            print(f"{name:20} {count:>8,} rows")
