{#-
    The slices of an experiment of which the results are told, each by the same chain of models:
    int_slice_users, int_metric_sums, int_metric_statistics, and estimates.

        overall     all users; dimension and slice_value are empty
        date        all users as of a day; slice_value is the day
        dimension   the users with a value of a dimension of the setting `assignment_dimensions`
        phase       all users in a phase after the assignment, or the trend over the phases

    Returns: list of strings, the columns that identify a slice of an experiment.
-#}
{% macro slice_keys() %}
    {{ return(['slice', 'dimension', 'slice_value']) }}
{% endmacro %}


{#-
    How long users wait until they count: of the metrics, and no time at all, which is asked of all users.

    Returns: SQL of a query with is_mature_only (boolean) and maturity_seconds (float), each pair once.
-#}
{% macro waiting_time_rows() -%}
    select
        is_mature_only,
        maturity_seconds
    from {{ ref('segment_experiments', 'int_metrics') }}

    union distinct

    select
        false as is_mature_only,
        {{ segment_experiments.float_literal(0) }} as maturity_seconds
{%- endmacro %}
