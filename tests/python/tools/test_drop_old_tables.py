"""Tables of earlier versions are listed, and dropped when it is asked for."""

from tests.python.harness.warehouse import Warehouse


def test_old_tables_are_listed_and_dropped(tmp_path):
    warehouse = Warehouse(tmp_path)
    warehouse.execute(
        "create schema analytics",
        "create schema analytics_staging",
        "create table analytics_staging.int_changed_users as select 1 as a",
        "create table analytics_staging.int_mine as select 1 as a",
    )
    operation = ("--quiet", "run-operation", "drop_old_tables")
    for arguments, told in (((), "Not used any more:"), (("--args", "{drop: true}"), "Dropped")):
        printed = warehouse.dbt(*operation, *arguments)
        assert f'{told} "warehouse"."analytics_staging"."int_changed_users"' in printed
        assert "int_mine" not in printed
    assert "There is no table" in warehouse.dbt(*operation)
    assert warehouse.query("from analytics_staging.int_mine") == [{"a": 1}]
