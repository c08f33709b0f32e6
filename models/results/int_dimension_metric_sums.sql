{{ config(enabled=segment_experiments.is_in_modules('dimensions'), **segment_experiments.by_experiment()) }}
{#-
    Users are added up once, by all their values together; only these sums are turned into rows per
    dimension.
-#}
{%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}
{%- set arm = ['experiment_id', 'metric', 'variant'] %}
with user_metrics as (

    select * from {{ ref('segment_experiments', 'int_analysed_user_metrics') }}
    where {{ segment_experiments.is_computed('experiment_id', 'analysed_from') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}
    where {{ segment_experiments.is_computed('experiment_id', 'assigned_at') }}

),

shown_values as (

    select distinct
        experiment_id,
        dimension,
        raw_value,
        dimension_value
    from {{ ref('segment_experiments', 'int_dimension_users') }}
    where {{ segment_experiments.is_computed('experiment_id') }}

),

metric_sums as (

    select * from {{ ref('segment_experiments', 'int_user_metric_sums') }}

),

centers as (

    select
        experiment_id,
        metric,
        {%- for quantity in segment_experiments.metric_quantities() %}
        {{ quantity }}_active_mean as {{ quantity }}_center,
        {%- endfor %}
        variant
    from metric_sums

),

with_values as (

    select
        user_metrics.experiment_id,
        user_metrics.metric,
        {%- for quantity in segment_experiments.metric_quantities() %}
        user_metrics.{{ quantity }},
        {%- endfor %}
        {%- for dimension in dimensions %}
        assignments.{{ dimension }},
        {%- endfor %}
        user_metrics.variant
    from user_metrics
    inner join assignments
        on
            user_metrics.experiment_id = assignments.experiment_id
            and user_metrics.user_key = assignments.user_key
    where assignments.exclusion_reason is null

),

{{ segment_experiments.moments_ctes('with_values', 'centers', 'moments', arm + dimensions, arm) }},

-- One relation per dimension, and none without any.
by_dimension as (

    {%- for dimension in dimensions or [none] %}

    select
        moments.*,
        '{{ dimension or '' }}' as dimension,
        {{ segment_experiments.dimension_value(dimension) }} as raw_value
    from moments
    {%- if not dimension %}
    where false
    {%- endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

shown_moments as (

    select
        by_dimension.experiment_id,
        by_dimension.metric,
        by_dimension.dimension,
        shown_values.dimension_value,
        by_dimension.variant,
        {{- segment_experiments.added_moments('by_dimension') }}
    from by_dimension
    inner join shown_values
        on
            by_dimension.experiment_id = shown_values.experiment_id
            and by_dimension.dimension = shown_values.dimension
            and by_dimension.raw_value = shown_values.raw_value
    group by
        by_dimension.experiment_id,
        by_dimension.metric,
        by_dimension.dimension,
        shown_values.dimension_value,
        by_dimension.variant

),

{{ segment_experiments.sums_of_moments_ctes(
    'shown_moments', 'sums', ['experiment_id', 'metric', 'dimension', 'dimension_value', 'variant']
) }},

final as (

    select
        experiment_id,
        metric,
        dimension,
        dimension_value,
        {%- for column in segment_experiments.user_sums_columns() %}
        {{ column }},
        {%- endfor %}
        variant
    from sums

)

select * from final
