"""A setting with a mistake stops the run with one sentence; a right one does not."""

import datetime as dt
import json
import math
import os
import shutil
import subprocess
import sys

import pytest

from tests.python.harness.warehouse import PROJECT, DbtError, Warehouse

METRIC = {"name": "orders", "type": "count", "event": "order_completed"}
FUNNEL = {"name": "buy", "steps": [{"event": "signed_up"}, {"event": "order_completed"}]}
RATIO = {"name": "r", "type": "ratio", "numerator": "orders"}
NAN = math.nan
SOURCES = {"segment_sources": [{"name": "web"}, {"name": "app"}]}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("settings"))


def check(warehouse: Warehouse, settings: dict) -> str | None:
    """What the check of all settings says, which is part of parsing; None when all is right."""
    try:
        warehouse.dbt("--quiet", "run-operation", "check_settings", settings=settings)
    except DbtError as error:
        return str(error)
    return None


def sentence_about(message: str) -> str:
    """The one sentence of a message that is about a setting."""
    [sentence] = {line.strip() for line in message.splitlines() if "the setting" in line}
    return sentence


@pytest.mark.parametrize(
    ("settings", "names", "allows"),
    [
        ({"multiple_variant_policy": "drop"}, "multiple_variant_policy", "exclude, first, last"),
        ({"identity_resolution": "newest"}, "identity_resolution", "first, last, none"),
        ({"max_users_per_device": 0}, "max_users_per_device", "from 1 to"),
        *[
            ({"as_of": text}, "as_of", "UTC timestamp")
            for text in (
                *("yesterday", "2026-02-30", "2026-13-01", "2026-00-10", "1900-02-29", 20260905),
                *("2026-09-05 24:00", "2026-09-05 12:60:00", "2026-09-05\n"),
                *("٢٠٢٦-09-05", "0001-01-01", "9999-12-31", [dt.date(2026, 9, 5)]),
            )
        ],
        ({"confidence_level": 95}, "confidence_level", "0.5 to 0.9999"),
        ({"sequential_tuning_users": 0.5}, "sequential_tuning_users", "from 1 to"),
        ({"prior_mean": None}, "prior_mean", "a relative effect"),
        ({"prior_sd": 0}, "prior_sd", "null for a flat prior"),
        ({"min_users_per_variant": -1}, "min_users_per_variant", "from 0 to"),
        ({"demo_data": "yes"}, "demo_data", "true, false or null"),
        ({"exposure_events": []}, "exposure_events", "at least one"),
        ({"exposure_events": [{"tabel": "x"}]}, "exposure_events", "table"),
        ({"exposure_events": [{"table": "x", "variants": "v"}]}, "exposure_events", "variant"),
        ({"exposure_events": [{"sender": "vow"}]}, "exposure_events: sender", "one of"),
        ({"exposure_events": [{"sender": "leanplum"}]}, "exposure_events", "`variant`"),
        (
            {"exposure_events": [{"sender": "vwo"}, {"table": "experiment_viewed"}]},
            "exposure_events",
            "only entry for the table `experiment_viewed`",
        ),
        (
            {"exposure_events": [{"table": "x", "ignore": "is_bot"}]},
            "exposure_events: ignore",
            "mapping from a column",
        ),
        (
            {"tracking_thresholds": {"alias_cylce": {"warn": 0}}},
            "tracking_thresholds",
            "one of the checks",
        ),
        (
            {"tracking_thresholds": {"alias_cycle": {"warn": 2}}},
            "tracking_thresholds: alias_cycle: warn",
            "a share from 0 to 1",
        ),
        ({"registry_severity": "info"}, "registry_severity", "warn or error"),
        ({"exports": ["amplitude", "hubspot"]}, "exports", "amplitude, customerio, intercom"),
        ({"exports": [{"tool": "segment"}]}, "exports", "all, or a list of"),
        ({"export_concluded": "no"}, "export_concluded", "true or false"),
        ({"export_max_attributes": 0}, "export_max_attributes", "from 1 to"),
        ({"suppressed_users_model": 5}, "suppressed_users_model", "name of a model or null"),
        ({"stale_after_hours": 0}, "stale_after_hours", "number of hours"),
        ({"assignment_dimensions": {"Device Type": "x"}}, "assignment_dimensions", "lower case"),
        ({"assignment_dimensions": {5: "x"}}, "assignment_dimensions", "lower case"),
        ({"assignment_dimensions": {5: "x", "a": "b"}}, "assignment_dimensions", "lower case"),
        ({"assignment_dimensions": {"group": "x"}}, "assignment_dimensions", "a word of SQL"),
        (
            {"exposure_events": [{"table": "x_y"}, {"table": "X_Y"}]},
            "exposure_events",
            "only entry for the table",
        ),
        ({"activity": ["pages", "Pages"]}, "activity", "there once"),
        *[
            ({"metrics": [METRIC | keys]}, f"metrics: orders: {key}", f"has no {key}")
            for key, keys in {
                "value": {"value": "revenue"},
                "numerator": {"numerator": "orders"},
                "event": {"type": "retention"},
                "window_days": {"type": "ratio", "event": None, "window_days": 3},
            }.items()
        ],
        *[
            (
                {"metrics": [METRIC | {"type": "sum", "value": value}]},
                "metrics: orders: value",
                "path",
            )
            for value in ["products[0].price", "products.price", 5, " "]
        ],
        ({"metrics": [{"type": "count"}]}, "metrics", "name"),
        ({"metrics": [METRIC, METRIC]}, "metrics: orders", "name of its own"),
        ({"metrics": [METRIC | {"name": "orders\n"}]}, "metrics: name", "made of letters"),
        (
            {"metrics": [METRIC | {"event": "orders\n"}]},
            "metrics: orders: event",
            "letters, digits",
        ),
        ({"metrics": [METRIC | {"type": "median"}]}, "metrics: orders: type", "conversion, count"),
        ({"metrics": [METRIC | {"windows": 3}]}, "metrics: orders", "window_days"),
        ({"metrics": [METRIC | {"window_days": 0}]}, "metrics: orders: window_days", "a number"),
        (
            {"metrics": [METRIC | {"cap_percentile": 0.9, "cap_zeros": 0}]},
            "metrics: orders: cap_zeros",
            "true or false",
        ),
        (
            {"metrics": [METRIC | {"cap_zeros": False}]},
            "metrics: orders: cap_zeros",
            "absent without a cap_percentile",
        ),
        ({"metrics": [METRIC | {"model": "m"}]}, "metrics: orders", "either"),
        ({"metrics": [METRIC | {"type": "sum"}]}, "metrics: orders: value", "column to sum"),
        *[
            (
                {"metrics": [METRIC | {"margin": value}]},
                "metrics: orders: margin",
                "a number from 0",
            )
            for value in (1, -0.01, "0.02", True, NAN)
        ],
        *[
            ({"metrics": [METRIC | {key: value}]}, f"metrics: orders: {key}", "a text of one line")
            for key in ("label", "unit")
            for value in (5, "", "two\nlines", ["EUR"])
        ],
        *[({"minimum_days": value}, "minimum_days", "from 0") for value in (-1, "7", NAN, None)],
        (
            {
                "metrics": [
                    METRIC,
                    {"name": "r", "type": "ratio", "numerator": "orders", "denominator": "none"},
                ]
            },
            "metrics: r: denominator",
            "name of another metric",
        ),
        *[
            ({"metrics": [METRIC | {"where": where}]}, "metrics: orders: where", allows)
            for where, allows in [
                (["a = 1"], "a condition in SQL"),
                (5, "a condition in SQL"),
                (" ", "a condition in SQL"),
                ("", "a condition in SQL"),
                ("a = 'b", "every ' is closed"),
                ("a = 'it''s", "every ' is closed"),
                ('a = "b', 'every " is closed'),
                ("a=1) or (1=1", "every ) has its ("),
                ("(a = 1", "every ( is closed"),
                ("a = 1 -- only these", "without --"),
                ("a = 1 /* only these */", "without /*"),
                ("a = 1; drop table b", "without ;"),
            ]
        ],
        (
            {"funnels": [FUNNEL | {"steps": [{"event": "a", "where": "(b"}]}]},
            "funnels: buy: steps: where",
            "( is closed",
        ),
        (
            {"metrics": [METRIC | {"event": "Order Completed"}]},
            "metrics: orders: event",
            "order_completed",
        ),
        (
            {"metrics": [METRIC | {"event": ["a"]}]},
            "metrics: orders: event",
            "letters, digits and _",
        ),
        (
            {"funnels": [FUNNEL | {"steps": [{"event": "orderCompleted!"}]}]},
            "funnels: buy: steps: event",
            "order_completed",
        ),
        ({"activity": ["it's"]}, "activity", "letters, digits and _"),
        (
            {"exposure_events": [{"table": "Experiment Viewed"}]},
            "exposure_events: table",
            "experiment_viewed",
        ),
        (
            {"metrics": [{"name": "back", "type": "retention"}], "activity": []},
            "metrics: back: type",
            "`activity` is empty",
        ),
        *[
            ({"naming_convention": pattern}, "naming_convention", "all brackets closed")
            for pattern in ["(a", "a)", "[a-z", "^a\\", "*a", "(+a)", "a**", " "]
        ],
        ({"activity": [{"table": "pages"}]}, "activity", "{model: name}"),
        ({"funnels": ["buy"]}, "funnels", "each with a `name`"),
        ({"funnels": [FUNNEL, FUNNEL]}, "funnels: buy", "name of its own"),
        ({"funnels": [FUNNEL | {"name": "it's"}]}, "funnels: it's", "letters"),
        ({"funnels": [FUNNEL | {"windows": 1}]}, "funnels: buy", "window_days"),
        ({"funnels": [FUNNEL | {"window_days": True}]}, "funnels: buy: window_days", "a number"),
        ({"funnels": [FUNNEL | {"mature_only": 1}]}, "funnels: buy: mature_only", "true or false"),
        ({"funnels": [FUNNEL | {"steps": []}]}, "funnels: buy: steps", "1 to 20 steps"),
        ({"funnels": [FUNNEL | {"steps": [{}]}]}, "funnels: buy: steps", "either an `event`"),
        (
            {"funnels": [FUNNEL | {"steps": [{"event": "a", "model": "b"}]}]},
            "funnels: buy: steps",
            "either an `event`",
        ),
        (
            {"funnels": [FUNNEL | {"steps": [{"event": "a", "value": "b"}]}]},
            "funnels: buy: steps",
            "one of the keys event, source, model, where, timestamp",
        ),
        ({"attribution": {"half_life": 7}}, "attribution", "lookback_days, half_life_days"),
        (
            {"attribution": {"half_life_days": 0}},
            "attribution: half_life_days",
            "a number of days",
        ),
        ({"max_regression_columns": 2.5}, "max_regression_columns", "from 3 to"),
        ({"redelivery_days": 0}, "redelivery_days", "from 1 to 3650, or null for all time"),
        ({"modules": ["dayly"]}, "modules", "all, or a list of daily, dimensions"),
        ({"segment_sources": ["web"]}, "segment_sources", "objects, each with a `name`"),
        ({"segment_sources": [{"name": "my site"}]}, "segment_sources", "letters, digits, _ and -"),
        (
            {"segment_schema": ["web", "my site"]},
            "segment_schema",
            "segment_sources gives others a name",
        ),
        (
            {"segment_sources": [{"name": "web", "scheme": "x"}]},
            "segment_sources: web",
            "one of the keys name, schema, database",
        ),
        (
            {"segment_sources": [{"name": "web", "schema": 3}]},
            "segment_sources: web: schema",
            "a text",
        ),
        (
            {"segment_sources": [{"name": "web"}, {"name": "Web"}]},
            "segment_sources: Web",
            "a name of its own",
        ),
        (
            {"segment_sources": [{"name": "a", "schema": "x"}, {"name": "b", "schema": "x"}]},
            "segment_sources: b: schema",
            "another one than that of the source a, whose rows would count twice",
        ),
        *[
            (SOURCES | settings, f"{name}: source", "one of the sources web, app")
            for settings, name in (
                ({"exposure_events": [{"table": "seen", "source": "ap"}]}, "exposure_events"),
                ({"metrics": [METRIC | {"source": "ap"}]}, "metrics: orders"),
                ({"activity": [{"event": "pages", "source": "ap"}]}, "activity: pages"),
                (
                    {"funnels": [FUNNEL | {"steps": [{"event": "a", "source": "ap"}]}]},
                    "funnels: buy: steps",
                ),
            )
        ],
        (
            SOURCES | {"metrics": [{"name": "r", "type": "retention", "source": "app"}]},
            "metrics: r: source",
            "a metric of type retention has no source",
        ),
        (
            SOURCES | {"exposure_events": [{"table": "seen"}, {"table": "seen", "source": "app"}]},
            "exposure_events",
            "the only entry for the table `seen`",
        ),
        *[
            (settings, names, "a number")
            for settings, names in (
                ({"power": NAN}, "power"),
                ({"metrics": [METRIC | {"window_days": NAN}]}, "metrics: orders: window_days"),
                (
                    {"metrics": [METRIC | {"cap_percentile": NAN}]},
                    "metrics: orders: cap_percentile",
                ),
                ({"funnels": [FUNNEL | {"window_days": NAN}]}, "funnels: buy: window_days"),
                ({"attribution": {"lookback_days": NAN}}, "attribution: lookback_days"),
                ({"prior_sd": 1e-200}, "prior_sd"),
            )
        ],
        (
            {"tracking_thresholds": {"alias_cycle": {"warn": NAN}}},
            "tracking_thresholds: alias_cycle: warn",
            "a share from 0 to 1",
        ),
        *[
            ({name: value}, name, "a whole number from")
            for name in (
                *(
                    "redelivery_days",
                    "settle_days",
                    "max_users_per_device",
                    "min_users_per_variant",
                ),
                *("sequential_tuning_users", "max_regression_columns", "export_max_attributes"),
            )
            for value in (math.inf, 1e308)
        ],
        *[
            ({name: value}, name, "")
            for name, values in {
                "arrival_column": ("", " ", ["a", ""], "a.b"),
                "only_experiments": ("", [" "], ["a\n"], [dt.date(2026, 9, 5)]),
                "segment_schema": ("\n", "a\n", "a'b", 'a"b', "a\\b", ["a`b", "c"]),
                "segment_database": ("a ", "a'b"),
                "marts_schema": (" ", "a'b", 3, ["a"]),
                "staging_schema": (" a", "a`b"),
                "marts_prefix": ("", "a-", "1a", "ab_\n", 1),
                "experiments_model": ("a\nb", " a"),
                "experiment_traits_prefix": ("experiments_\n",),
                "blocked_ids": ([None], [["a"]], [{}], [NAN], [dt.date(2026, 9, 5)]),
                "modules": ({dt.date(2026, 9, 5): 1},),
            }.items()
            for value in values
        ],
        *[
            ({"naming_convention": pattern}, "naming_convention", "RE2")
            for pattern in ["^a$\n", "(?=a)b", "(?<!a)b", r"(a)\1"]
        ],
        *[
            ({"metrics": [METRIC | {"event": None, "model": model}]}, "metrics: orders: model", "")
            for model in (5, "", " ", ["a"], "a\n", True)
        ],
        *[
            (
                {"funnels": [FUNNEL | {"steps": [{"model": model}]}]},
                "funnels: buy: steps: model",
                "the name of a model",
            )
            for model in (5, "", ["a"], "a\n")
        ],
        *[
            ({"funnels": [FUNNEL | {"steps": [step]}]}, "funnels: buy: steps", "either")
            for step in ({"event": "a", "model": 5}, {"event": "a", "model": {}})
        ],
        *[
            ({"activity": ["pages", entry]}, "activity", "{model: name}")
            for entry in ({"model": ""}, {"event": "a", 5: "b"}, {"event": "a", None: "b"})
        ],
        ({"activity": [{"model": "m"}, {"model": "m"}]}, "activity", "there once"),
        *[
            (
                {"metrics": [METRIC, RATIO | {"denominator": value}]},
                "metrics: r: denominator",
                "another",
            )
            for value in ([], {}, ["orders"], 5, "orders")
        ],
        (
            {"metrics": [METRIC, METRIC | {"name": "Orders"}]},
            "metrics: Orders",
            "in whichever case",
        ),
        ({"funnels": [FUNNEL, FUNNEL | {"name": "Buy"}]}, "funnels: Buy", "in whichever case"),
        ({"funnels": [FUNNEL | {"name": "buy\n"}]}, "funnels: buy", "letters"),
        *[
            ({"metrics": [METRIC | {"where": where}]}, "metrics: orders: where", "in SQL")
            for where in (dt.date(2026, 9, 5), [dt.date(2026, 9, 5)])
        ],
        ({"exposure_events": [{"table": "x", "sender": []}]}, "exposure_events: sender", "one of"),
        (
            {"exposure_events": [{"table": "x", "a\n": 1}]},
            "exposure_events",
            "free of the key `a `",
        ),
        *[
            (
                {"exposure_events": [{"table": "x", key: value}]},
                f"exposure_events: {key}",
                "a column",
            )
            for key, value in (
                *(("experiment_id", 5), ("experiment_name", " "), ("variant", {"a": "b"})),
                *(("variant_id", ["a", None]), ("assigned_at", [["a"]]), ("anonymous_id", "a.b")),
            )
        ],
        (
            {"exposure_events": [{"table": "x", "experiment_id": []}]},
            "exposure_events",
            "`experiment_id`",
        ),
        (
            {"exposure_events": [{"sender": "vwo", "table": []}, {"table": "x"}]},
            "exposure_events: table",
            "letters, digits",
        ),
        (
            {"exposure_events": [{"table": "x", "ignore": {5: 1}}]},
            "exposure_events: ignore",
            "column",
        ),
        *[
            (
                {"exposure_events": [{"table": "x", "ignore": {"kind": value}}]},
                "exposure_events: ignore: kind",
                "a text, a number",
            )
            for value in (NAN, {"a": 1}, [["a"]], dt.date(2026, 9, 5))
        ],
        *[
            ({"assignment_dimensions": {"plan": value}}, "assignment_dimensions: plan", "a column")
            for value in (5, "", [], None, {"a": "b"}, ["a", None], dt.date(2026, 9, 5), "a.b")
        ],
        (
            {
                "segment_sources": [
                    {"name": "a", "schema": "x", "database": "d"},
                    {"name": "b", "schema": "x", "database": "D"},
                ]
            },
            "segment_sources: b: schema",
            "whose rows would count twice",
        ),
        *[
            (
                {"segment_sources": [{"name": "a", key: "it's"}]},
                f"segment_sources: a: {key}",
                "a text",
            )
            for key in ("schema", "database")
        ],
    ],
)
def test_a_mistake_is_named_in_one_sentence(warehouse, settings, names, allows):
    message = check(warehouse, settings)
    assert message is not None
    sentence = sentence_about(message)
    assert f"`{names}`" in sentence
    assert allows in sentence
    assert sentence.rstrip().endswith(".")


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"as_of": "2026-10-15 12:00:00", "multiple_variant_policy": "last"},
        {"as_of": "2024-02-29T23:59:59.999999"},
        {"metrics": [], "activity": [], "assignment_dimensions": {}},
        {"metrics": [METRIC | {"window_days": 0.5, "where": "currency = 'EUR'"}]},
        {"blocked_ids": ["it's nobody", 0, -1, True, ""], "only_experiments": ["größe"]},
        {"settle_days": 0, "redelivery_days": 3650, "min_users_per_variant": 1_000_000_000},
        {"exposure_events": [{"sender": "vwo", "table": None, "anonymous_id": []}]},
        {"segment_schema": "my schema", "segment_database": "my-project", "arrival_column": "a b"},
        {"exports": ["segment", "amplitude"], "export_max_attributes": 20},
        {"marts_schema": "", "staging_schema": "my inner ones", "marts_prefix": "ab_"},
        {"exports": "intercom", "export_concluded": False},
        {"funnels": [], "attribution": {}},
        {"funnels": [FUNNEL | {"steps": [{"event": "e", "where": "a = 'b'", "timestamp": "t"}]}]},
        {"prior_sd": None, "prior_mean": -0.1, "sequential_tuning_users": 1},
        {"metrics": [METRIC | {"where": "a in ('(', 'it''s -- so') and (b = ')' or \"c;\" = 1)"}]},
        {"metrics": [METRIC | {"cap_percentile": 0.9, "cap_zeros": False}]},
        {"metrics": [METRIC | {"event": "ORDER_COMPLETED", "where": None}]},
        {"metrics": [METRIC | {"margin": 0, "label": "Orders, it's all", "unit": "EUR"}]},
        {"minimum_days": 0},
        {"minimum_days": 10.5},
        {"naming_convention": r"^(?i)[^](]+?(?:\(|[[:alpha:]\]*]){2,}\[*$"},
        {"exposure_events": [{"sender": "eppo", "ignore": {"is_bot": True, "kind": ["it's"]}}]},
    ],
)
def test_right_settings_are_accepted(warehouse, settings):
    assert check(warehouse, settings) is None


@pytest.mark.parametrize("as_of", [dt.datetime(2026, 9, 5, 12), dt.date(2026, 9, 5)])
def test_times_that_yaml_makes_of_unquoted_text_are_right(warehouse, as_of):
    """In YAML `as_of: 2026-09-05 12:00:00` is no text."""
    macros = ("setting('as_of')", "settings_fingerprint()")
    sql = " ".join(f"{{{{ segment_experiments.{macro} }}}}" for macro in macros)
    found, expected = (
        warehouse.compile_inline(sql, settings=settings)
        for settings in ({"as_of": as_of}, {"as_of": str(as_of)})
    )
    assert found == expected
    assert found.startswith(str(as_of))


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("measure_of({'type': 'minimum'})", "measure_of() has no meaning for `minimum`"),
        (
            "is_of_type('t', ['sum'], ['ratio'])",
            "(metrics: orders: type) has no meaning for `count`",
        ),
        (
            "chosen('identity_resolution', {'last': 1})",
            "the setting identity_resolution has no meaning for `first`, only for last.",
        ),
    ],
)
def test_a_choice_without_a_meaning_stops(warehouse, sql, sentence):
    """As when somebody allows a type of metrics and forgets a model."""
    with pytest.raises(DbtError) as error:
        warehouse.compile_inline(
            f"{{{{ segment_experiments.{sql} }}}}", settings={"metrics": [METRIC]}
        )
    assert sentence in str(error.value)


@pytest.mark.parametrize("known", ["the settings", "measure_of()"])
def test_a_type_of_metrics_that_models_do_not_know_stops(tmp_path, known):
    """The recipe of CONTRIBUTING.md, left after the first or the second step."""
    project = tmp_path / "project"
    shutil.copytree(PROJECT / "macros", project / "macros")
    for name in ("models", "seeds", "dbt_project.yml", "profiles.example.yml"):
        (project / name).symlink_to(PROJECT / name)
    (project / "profiles.yml").symlink_to(PROJECT / "profiles.example.yml")
    file = project / "macros/settings/metrics.sql"
    text = file.read_text().replace(
        "'ratio', 'retention'] %}", "'ratio', 'retention', 'minimum'] %}"
    )
    if known == "measure_of()":
        text = text.replace("'sum': 'value',", "'sum': 'value', 'minimum': 'value',")
    file.write_text(text)
    metrics = [METRIC | {"type": "minimum", "value": "revenue"}]
    process = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "parse"),
            *("--profiles-dir", str(project), "--project-dir", str(project)),
            *("--vars", json.dumps({"metrics": metrics})),
        ],
        env={**os.environ, "DUCKDB_PATH": str(tmp_path / "w.duckdb"), "DBT_TARGET": "duckdb"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode != 0
    assert "has no meaning for `minimum`" in process.stdout


def test_dbt_stops_while_it_parses(warehouse):
    """The check of the tests above is part of parsing, whatever is selected."""
    with pytest.raises(DbtError) as error:
        warehouse.dbt("parse", settings={"tracking_thresholds": {"alias_cylce": {"warn": 0}}})
    assert "tracking_thresholds" in sentence_about(str(error.value))


@pytest.mark.parametrize("name", ["variant", "user_key", "exposed_at", "users"])
def test_a_dimension_cannot_have_the_name_of_another_column(warehouse, name):
    """The columns of the models are known when dbt runs, not yet when it parses."""
    sentence = sentence_about(check(warehouse, {"assignment_dimensions": {name: "plan"}}))
    assert f'`assignment_dimensions` is "{name}"' in sentence
    assert "a name of its own" in sentence


def test_a_whole_number_with_a_point_is_the_same_setting(warehouse):
    sql = "{{ segment_experiments.setting('redelivery_days') }}"
    assert warehouse.compile_inline(sql, settings={"redelivery_days": 5.0}) == "5"


def test_an_empty_list_ignores_nothing(warehouse):
    """It once meant the rows in which the column is null."""
    events = [{"table": "x", "ignore": {"kind": [], "is_bot": None}}]
    sql = "{{ segment_experiments.exposure_events()[0].ignore }}"
    assert (
        warehouse.compile_inline(sql, settings={"exposure_events": events}) == "{'is_bot': [None]}"
    )
