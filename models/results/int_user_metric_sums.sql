{{ config(**segment_experiments.by_experiment()) }}
with user_metrics as (

    select * from {{ ref('segment_experiments', 'int_analysed_user_metrics') }}
    where {{ segment_experiments.is_computed('experiment_id', 'analysed_from') }}

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
