{#- Experiments that nothing new can have touched keep their rows, and nobody reads their users. -#}
{{ config(**segment_experiments.by_experiment()) }}
-- depends_on: {{ ref('segment_experiments', 'int_changed_experiments') }}
with user_metrics as (

    select * from {{ ref('segment_experiments', 'int_analysed_user_metrics') }}
    where {{ segment_experiments.is_changed_experiment('experiment_id') }}

),

{{ segment_experiments.user_sums_ctes('user_metrics', 'sums', ['experiment_id', 'metric']) }},

final as (

    select
        experiment_id,
        metric,
        {%- for column in segment_experiments.user_sums_columns() %}
        {{ column }},
        {%- endfor %}
        variant
    from sums

)

select * from final
