"""What some tests need and a machine may lack: they are skipped there, with CI=true they fail.

Real data are no part of the project. They are looked for in the folder that REAL_DATA_DIR names, or
in `shared/data` beside the checkout. With REAL_DATA_DIR=none they are skipped in CI, too.
"""

import os
from pathlib import Path

import pytest

from tests.python.harness.warehouse import PROJECT

REAL_DATA = Path(os.environ.get("REAL_DATA_DIR", PROJECT.parent / "shared" / "data"))


def need(what: str, is_there: object, *, at_import: bool = False) -> None:
    """Skip the test that asks when something is not there, or with CI=true let it fail.

    Args:
        what: is needed, for the summary.
        is_there: whether it is.
        at_import: a module asks; it is skipped as a whole. With CI=true nothing happens yet, as a
            failure would stop all other tests as well; its tests have to fail.
    """
    if is_there:
        return
    if os.environ.get("CI") != "true":
        pytest.skip(f"missing: {what}", allow_module_level=at_import)
    if not at_import:
        pytest.fail(f"missing: {what}", pytrace=False)


def real_data(name: str, *, at_import: bool = False) -> Path:
    """A file of the real data; `at_import` as of need()."""
    if str(REAL_DATA) == "none":
        pytest.skip("REAL_DATA_DIR=none: no real data", allow_module_level=at_import)
    file = REAL_DATA / name
    # The same sentence for every file, so that pytest tells it once.
    what = f"the real data, in {REAL_DATA} (or where REAL_DATA_DIR says)"
    need(what, file.exists(), at_import=at_import)
    return file
