"""Numbers that are known from elsewhere, through the macros that the models are made of."""

import duckdb
import pytest

from tests.python.harness.warehouse import Warehouse

# n, sum, sum of squares of each arm.
CONTROL = (3407, 1396.87, 52377.9767)
TREATED = (3461, 2422.7, 134698.29)
QUANTITIES = ("value", "denominator", "covariate", "covariate_denominator")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> list[str]:
    """The path of the results from sufficient statistics, and the parts of it."""
    warehouse = Warehouse(tmp_path_factory.mktemp("known"))
    separator = "---- next ----"
    parts = [
        "with {{ segment_experiments.estimates_ctes('arms', 'final', ['metric']) }} "
        "select * from final",
        "select standard_error"
        " * {{ segment_experiments.sequential_critical_value('users') }} as half,"
        " {{ segment_experiments.sequential_p_value('lift / standard_error', 'users') }} as p"
        " from cases",
        "with {{ segment_experiments.sample_ratio_ctes('arms', 'tested', ['experiment']) }}"
        " select p_value from tested",
        "with {{ segment_experiments.multiplicity_ctes("
        "'p_values', 'corrected', ['family'], 'p_value', ['name']) }}"
        " select name, p_value_holm, p_value_bh from corrected order by name",
        "with {{ segment_experiments.user_sums_ctes('users', 'sums', ['metric']) }},"
        " {{ segment_experiments.sufficient_statistics_ctes("
        "'sums', 'arms', 'statistics', ['metric']) }} select * from statistics",
        "select name from p_values"
        " order by {{ segment_experiments.rounded_order('p_value') }}, name",
    ]
    return warehouse.compile_inline(separator.join(parts)).split(separator)


def arms() -> str:
    """A table of sufficient statistics; there is no covariate."""
    rows = []
    for variant, (users, total, squares) in (("control", CONTROL), ("treated", TREATED)):
        columns = {
            "metric": "'revenue'",
            "variant": f"'{variant}'",
            "is_control": str(variant == "control"),
            "minimum_effect": "0.02::double",
            "users": str(users),
            "total": f"{total!r}::double",
            **{f"{quantity}_mean": "0.0::double" for quantity in QUANTITIES},
            **{
                f"comoment_{one}_{other}": "0.0::double"
                for number, one in enumerate(QUANTITIES)
                for other in QUANTITIES[number:]
            },
            "value_mean": f"{total / users!r}::double",
            "denominator_mean": "1.0::double",
            "covariate_denominator_mean": "1.0::double",
            "comoment_value_value": f"{squares - total**2 / users!r}::double",
        }
        rows.append("select " + ", ".join(f"{sql} as {name}" for name, sql in columns.items()))
    return "create table arms as " + " union all ".join(rows)


def rows(setup: str, sql: str) -> list[dict]:
    with duckdb.connect() as connection:
        connection.execute(setup)
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize("estimator", ["unadjusted", "cuped"])
def test_welch_and_fieller(compiled, estimator):
    [row] = [
        row
        for row in rows(arms(), compiled[0])
        if not row["is_control"] and row["estimator"] == estimator
    ]
    for column, expected in {
        "absolute_lift": 0.29,
        "standard_error": 0.12478363158758794,
        "degrees_of_freedom": 5841.742032093565,
        "p_value": 0.020158402643587,
        "absolute_lift_lower": 0.04537789255929012,
        "absolute_lift_upper": 0.5346221074407098,
        "relative_lift": 0.7073170731707317,
        "relative_lift_lower": 0.09406197077128642,
        "relative_lift_upper": 1.7086899441918986,
    }.items():
        assert row[column] == pytest.approx(expected, rel=1e-9), column
    assert row["variance_reduction"] == (None if estimator == "unadjusted" else 0)


def test_sequential(compiled):
    [row] = rows(
        "create table cases as select 6868 as users, 0.7073170731707317::double as lift,"
        " 0.3787943616681428::double as standard_error",
        compiled[1],
    )
    assert row["half"] == pytest.approx(1.1517408422996411, rel=1e-9)
    assert row["p"] == pytest.approx(0.6986728582483058, rel=1e-9)


def test_sample_ratio(compiled):
    [row] = rows(
        "create table arms as select 'e' as experiment, variant, users, 0.5::double as"
        " expected_share from (values ('a', 1000), ('b', 1100)) as t(variant, users)",
        compiled[2],
    )
    assert row["p_value"] == pytest.approx(0.0290963, abs=5e-8)


def test_benjamini_hochberg(compiled):
    p_values = [0.898, 0.138, 0.007, 0.964, 0.538, 0.006, 0.138]
    values = ", ".join(f"('f', {name}, {p}::double)" for name, p in enumerate(p_values))
    result = rows(
        "create table p_values as select * from (values"
        f" {values}, ('f', 7, null), ('another', 8, 0.5::double)) as t(family, name, p_value)",
        compiled[3],
    )
    expected = [0.964, 0.2415, 0.0245, 0.964, 0.7532, 0.0245, 0.2415]
    assert [row["p_value_bh"] for row in result[:7]] == pytest.approx(expected, rel=1e-9)
    assert result[7]["p_value_bh"] is result[7]["p_value_holm"] is None
    assert result[8]["p_value_bh"] == result[8]["p_value_holm"] == 0.5


def test_ten_million_values_near_1e9_keep_nine_digits_of_their_variance(compiled):
    """The values are 1e9 + j / 1024 for j = 0 .. 999 in turn, so the sums are known exactly."""
    users = 10_000_000
    [row] = rows(
        f"""
        create table arms as
            select 'm' as metric, 'sum' as metric_type, 'a' as variant, {users} as users;
        create view users as
            select
                'm' as metric, 'a' as variant, 1e9 + (i * 7919 % 1000) / 1024 as value,
                1::double as denominator, 2e9 - (i * 7919 % 1000) / 512 as covariate,
                1::double as covariate_denominator
            from range({users}) as r(i)
        """,
        compiled[4],
    )
    squares = users * (1000**2 - 1) / 12 / 1024**2
    assert row["value_mean"] == 1e9 + 499.5 / 1024
    assert row["comoment_value_value"] == pytest.approx(squares, rel=1e-9)
    assert row["comoment_covariate_covariate"] == pytest.approx(4 * squares, rel=1e-9)
    assert row["comoment_value_covariate"] == pytest.approx(-2 * squares, rel=1e-9)


def test_the_same_value_everywhere_has_no_variance(compiled):
    [row] = rows(
        """
        create table arms as
            select 'm' as metric, 'sum' as metric_type, 'a' as variant, 1000003 as users;
        create view users as
            select
                'm' as metric, 'a' as variant, 0.1::double as value, null::double as denominator,
                0.3::double as covariate, null::double as covariate_denominator
            from range(1000003)
        """,
        compiled[4],
    )
    assert row["value_mean"] == 0.1
    assert row["comoment_value_value"] == row["comoment_covariate_covariate"] == 0


def test_one_order_and_another_before_give_a_ratio_no_variance(compiled):
    """An average order value of a single order does not vary, nor does an earlier one.

    In 100 metrics the treated arm has one user with an order and another with an earlier one; the
    users of the control have both, so that theta is not 0.
    """
    users = """
        select 'm' || i as metric, 'treated' as variant, (29.31 + i * 0.37)::double as value,
            1::double as denominator, null::double as covariate, null as covariate_denominator
        from range(100) as r(i)
        union all
        select 'm' || i, 'treated', null, null, 167.37 + i * 1.13, 1 from range(100) as r(i)
        union all
        select 'm' || i, 'control', 10.07 * (j + 1), 1, 7.03 * (j * j % 7 + 1), 1
        from range(100) as r(i), range(9) as s(j)
    """
    arms = """
        select 'm' || i as metric, 'ratio' as metric_type, variant,
            variant = 'control' as is_control, 0.02::double as minimum_effect, 25 + i as users
        from range(100) as r(i), (values ('control'), ('treated')) as v(variant)
    """
    setup = (
        f"create table users as {users}; create table arms as {arms};"
        f" create table statistics as {compiled[4]};"
        " drop table arms; alter table statistics rename to arms"
    )
    treated = [row for row in rows(setup, compiled[0]) if not row["is_control"]]
    assert len(treated) == 200
    assert {row["variance"] for row in treated} == {0}
    assert all(row["standard_error"] > 0 for row in treated)
    adjusted = [row for row in treated if row["estimator"] == "cuped"]
    assert len(adjusted) == 100
    assert all(row["mean"] != pytest.approx(row["total"], rel=1e-9) for row in adjusted)


def test_last_digits_do_not_decide_an_order(compiled):
    """What is equal but for rounding comes by name, what differs comes by size."""
    p_values = {
        "d": 0.3,
        "c": 0.1 + 0.2,  # 0.30000000000000004
        "b": 0.30000001,
        "a": 1.0,
        "f": 3e-40,
        "e": 3e-40 * (1 + 2e-16),
        "h": 0.0,
        "g": 0.0,
    }
    rows_of = " union all ".join(
        f"select '{name}' as name, {p_value!r}::double as p_value"
        for name, p_value in p_values.items()
    )
    found = rows(f"create table p_values as {rows_of}", compiled[5])
    assert [row["name"] for row in found] == ["g", "h", "e", "f", "c", "d", "b", "a"]
