"""This dbt project with models of a user besides, which metrics and activity can be read from.

The package itself has no such model. A folder of links to everything in it has them in addition.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from tests.python.harness.warehouse import PROJECT

# By the raw table that the model reads. Their names put them where no mart is.
MODELS = {"order_completed": "stg_shop__orders", "pages": "stg_shop__pages"}

# A raw table that is not there yet has no rows and the columns of every message. A model has the
# columns that settings name from the start, so `revenue` is null until the raw column is there.
VIEW = """
{{{{ config(materialized='view') }}}}
{{%- set raw = load_relation(api.Relation.create(
    database=target.database, schema='segment', identifier='{table}'
)) if execute else none %}}
{{%- set columns = adapter.get_columns_in_relation(raw) if raw else [] %}}
select
{{%- if '{table}' == 'order_completed' and 'revenue' not in columns | map(attribute='name') %}}
    cast(null as double) as revenue,
{{%- endif %}}
{{%- if raw %}}
    *
from {{{{ raw }}}}
{{%- else %}}
    cast(null as varchar) as id,
    cast(null as varchar) as anonymous_id,
    cast(null as varchar) as user_id,
    cast(null as timestamp) as "timestamp",
    cast(null as timestamp) as received_at
where false
{{%- endif %}}
"""


@functools.cache
def model_project(models: tuple[tuple[str, str], ...]) -> Path:
    """Make the project, once for all tests that want the same models.

    Args:
        models: pairs of a raw table and the name of the model that reads it.

    Returns:
        The folder with the project; it is gone when the tests end.
    """
    place = tempfile.TemporaryDirectory(prefix="model-project-")
    atexit.register(place.cleanup)
    folder = Path(place.name) / "project"
    # dbt does not look into folders that are links.
    for entry in ("macros", "models", "seeds"):
        shutil.copytree(PROJECT / entry, folder / entry, copy_function=os.symlink)
    # The data tests say in their configuration whether their failures are stored.
    for tests in (PROJECT / "tests").glob("**/*.sql"):
        link = folder / tests.relative_to(PROJECT)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(tests)
    (folder / "dbt_project.yml").symlink_to(PROJECT / "dbt_project.yml")
    for table, name in models:
        (folder / "models" / f"{name}.sql").write_text(VIEW.format(table=table))
    return folder
