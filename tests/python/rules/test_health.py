"""experiment_health finds what is wrong with an experiment, and the verdicts follow it."""

import datetime as dt
import re

import pytest
from scipy import stats

from tests.python.harness.warehouse import DbtError, Warehouse

START = dt.datetime(2026, 3, 1)
DAY = dt.timedelta(days=1)


# 2 of 300 users of one experiment buy it.
RARE = {"type": "sum", "event": "rare_ordered", "value": "price", "cap_percentile": 0.99} | {
    "covariate_days": 0
}


class World:
    """Raw rows of experiments that are made user by user."""

    def __init__(self) -> None:
        self.exposures: list[dict] = []
        self.orders: list[dict] = []
        self.rare_orders: list[dict] = []

    def row(self, rows: list[dict], user: str, at: dt.datetime, **fields) -> None:
        """Add a raw row."""
        rows.append(
            {
                "id": f"{id(rows)}-{len(rows)}",
                "anonymous_id": None,
                "user_id": user,
                "timestamp": at,
                "received_at": at,
                **fields,
            }
        )

    def users(
        self,
        experiment: str,
        variant: str,
        count: int,
        day: int = 0,
        device: str = "desktop",
        orders: float = 0.3,
        orders_before: float = 0.2,
    ) -> list[str]:
        """Expose users; the first of them order, and have ordered before, by the shares given."""
        at = START + day * DAY
        names = [f"{experiment}-{variant}-{device}-{day}-{number}" for number in range(count)]
        for number, user in enumerate(names):
            self.expose(experiment, variant, user, at, device)
            if number < orders * count:
                self.row(self.orders, user, at + DAY / 2)
            if number < orders_before * count:
                self.row(self.orders, user, at - DAY / 2)
        return names

    def expose(
        self, experiment: str, variant: str, user: str, at: dt.datetime, device: str = "desktop"
    ) -> None:
        """Expose a user once."""
        self.row(
            self.exposures,
            user,
            at,
            experiment_id=experiment,
            variant=variant,
            context_device_type=device,
        )


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    world = World()
    both = ("control", "blue")
    for variant in both:
        world.users("healthy", variant, 150, orders=0.2 if variant == "control" else 0.6)
        world.users("healthy", variant, 140, day=1, device="mobile")
    # the blue variant loses its mobile users on the first day; as many more come on the second
    for variant, counts in zip(both, ((150, 150, 150, 150), (150, 60, 150, 240)), strict=True):
        world.users("segment", variant, counts[0], device="desktop")
        world.users("segment", variant, counts[1], device="mobile")
        world.users("segment", variant, counts[2], day=1, device="desktop")
        world.users("segment", variant, counts[3], day=1, device="tablet")
    world.users("uneven", "control", 300)
    world.users("uneven", "blue", 200, orders=0.9)
    for variant in both:
        for number, user in enumerate(world.users("crossed", variant, 150, orders=0.5)):
            if number < 20:
                world.expose("crossed", both[variant == "control"], user, START + DAY)
    world.users("lonely", "blue", 150)
    world.users("lonely", "red", 150)
    for variant in both:
        world.users("stranger", variant, 150)
        for number, user in enumerate(world.users("late", variant, 150)):
            if number < 3:
                world.expose("late", variant, user, START + 5 * DAY)
        for user in world.users("repeated", variant, 150):
            world.expose("repeated", variant, user, START + DAY)
    world.users("stranger", "preview", 5)
    world.users("leak", "control", 200)
    world.users("leak", "blue", 200, orders_before=0.6)
    world.users("small", "control", 101)
    world.users("small", "blue", 99)
    world.users("young", "control", 150)
    world.users("young", "blue", 150)
    for variant in both:
        world.users("young", variant, 50, day=29)
    world.users("alone", "blue", 150)
    for variant in both:
        world.users("overdue", variant, 150)
        world.users("in_time", variant, 150)
    rare = [user for variant in both for user in world.users("rare", variant, 150)[:1]]
    for user in rare:
        world.row(world.rare_orders, user, START + DAY, price=20.0)

    warehouse = Warehouse(
        tmp_path_factory.mktemp("health"),
        {
            "metrics": [
                {"name": "order", "type": "conversion", "event": "order_completed"},
                {"name": "fewer", "type": "conversion", "event": "order_completed"}
                | {"direction": "decrease"},
                RARE | {"name": "rare"},
                RARE | {"name": "of_buyers", "cap_zeros": False},
            ],
            "activity": [],
            "exposure_events": [{"table": "experiment_viewed"}],
            "as_of": str(START + 31 * DAY),
        },
    )
    warehouse.register(
        [
            ("lonely", "control", None, None, None),
            ("stranger", None, None, None, None),
            ("late", None, START - DAY, START + 4 * DAY, None),
            ("overdue", None, None, None, None),
            ("in_time", None, None, None, None),
        ],
        [
            *(("lonely", variant, None) for variant in ("control", "blue", "red")),
            *(("stranger", variant, None) for variant in both),
            *((name, variant, None) for name in ("overdue", "in_time") for variant in both),
        ],
        # what is over is not overdue, and nothing is before its plan
        {
            "overdue": {"planned_end": "2026-03-29"},
            "late": {"planned_end": "2026-03-04"},
            "in_time": {"planned_end": "2026-04-01"},
        },
    )
    warehouse.load("experiment_viewed", world.exposures)
    warehouse.load("order_completed", world.orders)
    warehouse.load("rare_ordered", world.rare_orders)
    warehouse.dbt("run")
    printed = warehouse.dbt("test", "--select", "experiment_health", "experiment_results")
    assert " PASS " in printed
    return warehouse


def health(warehouse: Warehouse, experiment: str) -> dict[str, dict]:
    return {
        row["check_name"]: row
        for row in warehouse.query(
            f"select * from experiment_health where experiment_id = '{experiment}'"
        )
    }


def verdicts(
    warehouse: Warehouse, experiment: str, metric: str = "order", column: str = "verdict"
) -> set[str]:
    return {
        row[column]
        for row in warehouse.query(f"""
            select {column} from experiment_results
            where experiment_id = '{experiment}' and metric = '{metric}' and not is_control
        """)
    }


@pytest.mark.parametrize(
    ("experiment", "found"),
    [
        ("healthy", {}),
        (
            "segment",
            {
                "sample_ratio_mismatch_by_device_type": "fail",
                "sample_ratio_mismatch_by_day": "fail",
            },
        ),
        (
            "uneven",
            {"sample_ratio_mismatch": "fail", "sample_ratio_mismatch_by_day": "fail"}
            | {"sample_ratio_mismatch_by_device_type": "fail"},
        ),
        ("crossed", {"crossovers": "fail"}),
        ("stranger", {"unknown_variants": "warn"}),
        ("late", {"exposures_after_end": "warn"}),
        ("repeated", {"duplicate_exposures": "warn"}),
        ("leak", {"pre_period_imbalance": "warn"}),
        ("small", {"too_few_users": "warn"}),
        ("young", {"immature_results": "warn"}),
        ("alone", {"missing_control": "fail"}),
        ("overdue", {"runs_after_planned_end": "warn"}),
        ("in_time", {}),
        ("rare", {"cap_at_zero": "warn"}),
    ],
)
def test_what_is_wrong_is_found_and_nothing_else(warehouse, experiment, found):
    rows = health(warehouse, experiment)
    assert len(rows) == 15
    assert {name: row["status"] for name, row in rows.items() if row["status"] != "pass"} == found
    told = verdicts(warehouse, experiment)
    if experiment == "alone":  # which has no comparison
        assert told == set()
    elif "fail" in found.values():
        assert told == {"do not trust"}
    else:
        assert told & {"win", "loss", "inconclusive", "not yet powered"}
        assert "do not trust" not in told


def test_a_missing_control_is_found(warehouse):
    rows = health(warehouse, "lonely")
    assert rows["missing_control"]["status"] == "fail"
    assert (rows["missing_control"]["value"], rows["missing_control"]["threshold"]) == (0, 1)
    assert verdicts(warehouse, "lonely") == {"do not trust"}


def test_a_mismatch_says_where_it_comes_from(warehouse):
    row = health(warehouse, "segment")["sample_ratio_mismatch_by_device_type"]
    assert row["detail"] == (
        "Most uneven of 3: device_type = mobile: "
        "blue 60 users (expected 105), control 150 users (expected 105)"
    )
    # three devices were looked at
    assert row["value"] == pytest.approx(3 * stats.chisquare([60, 150]).pvalue, rel=1e-9)
    assert row["threshold"] == 0.001


@pytest.mark.parametrize(
    ("experiment", "check", "value"),
    [
        ("crossed", "crossovers", 40 / 300),
        ("stranger", "unknown_variants", 5 / 305),
        ("late", "exposures_after_end", 6 / 300),
        ("repeated", "duplicate_exposures", 0.5),
        ("small", "too_few_users", 99),
        ("young", "immature_results", 100 / 400),
        ("rare", "cap_at_zero", 1),
        # planned to end with the day of 2026-03-29, looked at at the first moment of 2026-04-01
        ("overdue", "runs_after_planned_end", 2 + 1e-6 / 86400),
        ("in_time", "runs_after_planned_end", 0),
        ("uneven", "sample_ratio_mismatch", stats.chisquare([300, 200]).pvalue),
        (
            "leak",
            "pre_period_imbalance",
            2 * stats.ttest_ind([1] * 120 + [0] * 80, [1] * 40 + [0] * 160, equal_var=False).pvalue,
        ),
    ],
)
def test_values_are_what_they_say(warehouse, experiment, check, value):
    assert health(warehouse, experiment)[check]["value"] == pytest.approx(value, rel=1e-9)


def test_a_cap_at_zero_is_told_and_one_of_the_buyers_leaves_them_their_value(warehouse):
    """298 of 300 users with 0: the 99th percentile of all is 0, that of the buyers 20."""
    assert health(warehouse, "rare")["cap_at_zero"]["detail"] == (
        "Metrics whose cap_percentile falls on users with 0, so that nothing is left of them: rare"
    )
    totals = {
        row["metric"]: row["total"]
        for row in warehouse.query("""
            select metric, sum(total) as total from experiment_results
            where experiment_id = 'rare' and estimator = 'unadjusted' group by metric
        """)
    }
    assert totals["rare"] == 0
    assert totals["of_buyers"] == 2 * 20


def test_the_direction_of_the_metric_decides_between_win_and_loss(warehouse):
    at_end = {"column": "verdict_at_end"}
    assert verdicts(warehouse, "healthy", "order", **at_end) == {"win"}
    assert verdicts(warehouse, "healthy", "fewer", **at_end) == {"loss"}
    assert verdicts(warehouse, "repeated", "order", **at_end) == {"not yet powered"}


@pytest.mark.parametrize(
    ("warn", "error", "level"), [(0.6, 0.7, "PASS"), (0.4, 0.6, "WARN"), (0.3, 0.4, "FAIL")]
)
def test_exposures_that_are_sent_again_and_again_are_told(warehouse, warn, error, level):
    try:
        printed = warehouse.dbt(
            *("test", "--select", "exposures_are_not_repeated_too_often"),
            settings={
                "duplicate_exposures_warn_share": warn,
                "duplicate_exposures_error_share": error,
            },
        )
    except DbtError as failure:
        printed = str(failure)
    assert re.search(rf"{level}(?: \d)? exposures_are_not_repeated_too_often", printed)
    told = re.findall(r"Experiment (.*?): (.*?) % of its (\d+) exposures repeat", printed)
    assert told == ([] if level == "PASS" else [("repeated", "50.0", "600")])
