"""The distribution functions in SQL against scipy, over their whole range."""

import itertools

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from scipy import integrate, stats

from tests.python.harness.warehouse import Warehouse

ALPHAS = [0.5, 0.2, 0.1, 0.05, 0.01, 0.001, 0.0001]
QUANTILES = [
    *np.linspace(0.0001, 0.9999, 1001).tolist(),
    *np.logspace(-290, -1, 100).tolist(),
    *(0.075, 0.925, 1e-5, 0.99999, 0.75, 0.375),
]
DEGREES = [
    *(1.0, 1.01, 1.3, 1.9, 2.0, 2.01, 2.5, 3.0, 3.7, 4.0, 4.99, 5.0, 6.5, 8.0, 11.0, 15.5, 20.0),
    *(33.0, 50.0, 99.9, 300.0, 1e3, 1999.0, 2000.0, 2001.0, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9),
]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> dict[str, str]:
    """SQL of every macro, compiled in one run of dbt."""
    macros = {
        "normal_survival": (
            "select z, {{ segment_experiments.normal_survival('z') }} as y from inputs"
        ),
        "normal_loss": "select z, {{ segment_experiments.normal_loss('z') }} as y from inputs",
        **{
            f"detectable {confidence_level} {power}": (
                "{{ segment_experiments.detectable_standard_errors("
                f"{confidence_level}, {power}) }}}}"
            )
            for confidence_level in [0.6, 0.9, 0.95, 0.9999]
            for power in [0.5, 0.8, 0.9999]
        },
        "normal_quantile": "".join(
            f"{p!r} {{{{ segment_experiments.normal_quantile({p!r}) }}}}\n" for p in QUANTILES
        ),
        "log_one_plus": "select x, {{ segment_experiments.log_one_plus('x') }} as y from inputs",
        "chi_square": (
            "select x, df, {{ segment_experiments.chi_square_survival('x', 'df') }} as y"
            " from inputs"
        ),
        "student_t": (
            "with {{ segment_experiments.quadrature_cte() }},"
            "{{ segment_experiments.student_t_two_sided_p_ctes("
            "'inputs', 'tested', ['t', 'df'], 't', 'df', 'y') }} select t, df, y from tested"
        ),
        **{
            f"critical_value {alpha}": (
                "with {{ segment_experiments.quadrature_cte() }},"
                "{{ segment_experiments.student_t_critical_value_ctes("
                f"'inputs', 'critical', ['df'], 'df', {alpha}, 'y')"
                " }} select df, y from critical"
            )
            for alpha in ALPHAS
        },
    }
    separator = "\n---- next ----\n"
    warehouse = Warehouse(tmp_path_factory.mktemp("distributions"))
    sql = warehouse.compile_inline(separator.join(macros.values()))
    return dict(zip(macros, sql.split(separator.strip()), strict=True))


def evaluate(sql: str, **columns) -> np.ndarray:
    """Column y of the query over a table `inputs` of the given columns, in their order."""
    names = ", ".join(columns)
    with duckdb.connect() as connection:
        connection.register("inputs_unordered", pa.table(columns))
        connection.execute("create table inputs as select * from inputs_unordered")
        rows = connection.execute(f"select {names}, y from ({sql})").fetchall()
    by_input = {row[:-1]: row[-1] for row in rows}
    return np.array(
        [by_input[key] for key in zip(*(c.tolist() for c in columns.values()), strict=True)]
    )


def worst_error(name: str, actual, expected, relative=True) -> float:
    """Largest error, printed with the test's name (pytest -s shows it)."""
    error = np.abs(actual - expected) / (np.abs(expected) if relative else 1)
    print(f"{name}: worst {'relative' if relative else 'absolute'} error {error.max():.1e}")
    return error.max()


def test_normal_survival(compiled):
    z = np.linspace(-37, 37, 7401)
    error = worst_error(
        "normal_survival", evaluate(compiled["normal_survival"], z=z), stats.norm.sf(z)
    )
    assert error < 1e-12


def test_normal_loss(compiled):
    z = np.linspace(-37, 37, 741)
    # phi(z) - z P(Z > z) loses its digits in double precision; the integral does not.
    expected = [
        max(-value, 0)
        + stats.norm.pdf(value)
        * integrate.quad(
            lambda s, value=value: s * np.exp(-abs(value) * s - s * s / 2),
            *(0, 60 / (abs(value) + 5)),
            epsabs=0,
            epsrel=1e-13,
        )[0]
        for value in z
    ]
    error = worst_error("normal_loss", evaluate(compiled["normal_loss"], z=z), np.array(expected))
    assert error < 1e-11


@pytest.mark.parametrize("confidence_level", [0.6, 0.9, 0.95, 0.9999])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.9999])
def test_detectable_standard_errors(compiled, confidence_level, power):
    d = float(compiled[f"detectable {confidence_level} {power}"])
    z = stats.norm.isf((1 - confidence_level) / 2)
    reached = stats.norm.sf(z - d) + stats.norm.sf(z + d)
    assert reached == pytest.approx(power, abs=1e-12)


def test_normal_quantile(compiled):
    lines = [line.split() for line in compiled["normal_quantile"].strip().splitlines()]
    p, actual = np.array(lines, dtype=float).T
    assert p.tolist() == QUANTILES
    assert worst_error("normal_quantile", actual, stats.norm.ppf(p), False) < 1e-12


def test_log_one_plus(compiled):
    x = np.concatenate([np.logspace(-300, 10, 2000), -np.logspace(-18, -0.01, 500)])
    assert worst_error("log_one_plus", evaluate(compiled["log_one_plus"], x=x), np.log1p(x)) < 1e-15


def test_student_t_two_sided_p(compiled):
    grid = [
        (t, df)
        for t, df in itertools.product(
            [*np.linspace(-8, 8, 321), *np.linspace(8.1, 40, 60), 1e-4], DEGREES
        )
        # below, scipy itself is down to denormal numbers
        if 2 * stats.t.sf(abs(t), df) > 1e-300
    ]
    t, df = (np.array(column) for column in zip(*grid, strict=True))
    error = worst_error(
        "student_t_two_sided_p",
        evaluate(compiled["student_t"], t=t, df=df),
        2 * stats.t.sf(abs(t), df),
    )
    assert error < 1e-9


def test_student_t_two_sided_p_beyond_the_range_is_neither_nan_nor_negative(compiled):
    t, df = np.array([0.0, 1e3, 1e8, 1e150, 500.0]), np.array([5.0, 3.0, 1e6, 2.0, 1e9])
    p = evaluate(compiled["student_t"], t=t, df=df)
    assert np.isfinite(p).all()
    assert ((p >= 0) & (p <= 1 + 1e-12)).all()


@pytest.mark.parametrize("alpha", ALPHAS)
def test_student_t_critical_value(compiled, alpha):
    df = np.array(DEGREES)
    actual = evaluate(compiled[f"critical_value {alpha}"], df=df)
    expected = stats.t.isf(alpha / 2, df)
    assert worst_error(f"critical value, alpha {alpha}", actual, expected) < 1e-9


def test_chi_square_survival(compiled):
    grid = list(
        itertools.product(
            [1e-6, *np.linspace(0.05, 60, 200), *np.linspace(61, 1300, 60)], range(1, 51)
        )
    )
    x, df = (np.array(column) for column in zip(*grid, strict=True))
    expected = stats.chi2.sf(x, df)
    seen = expected > 1e-280
    error = worst_error(
        "chi_square_survival",
        evaluate(compiled["chi_square"], x=x[seen], df=df[seen]),
        expected[seen],
    )
    assert error < 1e-9


def test_chi_square_survival_at_zero_is_one(compiled):
    assert evaluate(
        compiled["chi_square"], x=np.array([0.0, 0.0]), df=np.array([1, 4])
    ).tolist() == [1, 1]
