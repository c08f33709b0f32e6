{#- Experiments that nothing new can have touched keep their rows, and nobody reads their users. -#}
{{ config(**segment_experiments.by_experiment()) }}
-- depends_on: {{ ref('segment_experiments', 'int_changed_experiments') }}
{%- set quantities = segment_experiments.metric_quantities() %}
with user_metrics as (

    select * from {{ ref('segment_experiments', 'int_analysed_user_metrics') }}
    where {{ segment_experiments.is_changed_experiment('experiment_id') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}
    where {{ segment_experiments.is_changed_experiment('experiment_id') }}

),

shown_values as (

    select distinct
        experiment_id,
        dimension,
        raw_value,
        dimension_value
    from {{ ref('segment_experiments', 'int_dimension_users') }}
    where {{ segment_experiments.is_changed_experiment('experiment_id') }}

),

user_values as (

    {{ segment_experiments.dimension_rows('assignments', ['experiment_id', 'user_key']) }}

),

broken_down as (

    select
        user_metrics.experiment_id,
        user_metrics.metric,
        user_values.dimension,
        shown_values.dimension_value,
        {%- for quantity in quantities %}
        user_metrics.{{ quantity }},
        {%- endfor %}
        user_metrics.variant
    from user_metrics
    inner join user_values
        on
            user_metrics.experiment_id = user_values.experiment_id
            and user_metrics.user_key = user_values.user_key
    inner join shown_values
        on
            user_values.experiment_id = shown_values.experiment_id
            and user_values.dimension = shown_values.dimension
            and user_values.raw_value = shown_values.raw_value

),

{{ segment_experiments.user_sums_ctes(
    'broken_down', 'sums', ['experiment_id', 'metric', 'dimension', 'dimension_value']
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
