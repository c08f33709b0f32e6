{{ config(materialized='view') }}
with metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

parts as (

    select
        metric,
        metric_number,
        metric_type,
        metric as part,
        1 as numerator_factor,
        0 as denominator_factor
    from metrics
    where {{ segment_experiments.is_of_type(
        'metric_type', ['conversion', 'count', 'sum', 'retention'], ['ratio']
    ) }}

    union all

    select
        metric,
        metric_number,
        metric_type,
        numerator as part,
        1 as numerator_factor,
        0 as denominator_factor
    from metrics
    where {{ segment_experiments.is_ratio('metric_type') }}

    union all

    select
        metric,
        metric_number,
        metric_type,
        denominator as part,
        0 as numerator_factor,
        1 as denominator_factor
    from metrics
    where {{ segment_experiments.is_ratio('metric_type') }}

),

final as (

    select
        parts.metric,
        parts.metric_number,
        parts.metric_type,
        parts.part,
        part_metrics.metric_number as part_number,
        parts.numerator_factor,
        parts.denominator_factor
    from parts
    inner join metrics as part_metrics on parts.part = part_metrics.metric

)

select * from final
