-- The days that MetricFlow joins to.
{{ dbt.date_spine('day', "cast('2020-01-01' as date)", "cast('2035-01-01' as date)") }}
