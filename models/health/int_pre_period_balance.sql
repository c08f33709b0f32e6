{#-
    An A/A test: what users did before the assignment cannot be an effect of it. The parts of a ratio
    are tested themselves.
-#}
with statistics as (

    select * from {{ ref('segment_experiments', 'int_metric_statistics') }}

),

arms as (

    select
        experiment_id,
        metric,
        variant,
        is_control,
        users,
        covariate_mean as mean,
        comoment_covariate_covariate / nullif(greatest(users - 1, 0), 0) as variance
    from statistics
    where
        slice = 'overall'
        and not {{ segment_experiments.is_ratio('metric_type') }}

),

{{ segment_experiments.compare_to_control_ctes('arms', 'compared', ['experiment_id', 'metric']) }},

ranked as (

    select
        compared.*,
        count(*) over (partition by experiment_id) as comparisons,
        row_number() over (
            partition by experiment_id
            order by {{ segment_experiments.rounded_order('p_value') }}, metric, variant
        ) as p_value_rank
    from compared
    where p_value is not null

),

-- Of many comparisons the worst is uneven by chance (C. E. Bonferroni).
final as (

    select
        experiment_id,
        metric,
        variant,
        comparisons,
        least(1.0, p_value * comparisons) as p_value
    from ranked
    where p_value_rank = 1

)

select * from final
