with metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

final as (

    select
        metric,
        metric_type,
        metric as part,
        1 as numerator_factor,
        0 as denominator_factor
    from metrics
    where metric_type <> 'ratio'

    union all

    select
        metric,
        metric_type,
        numerator as part,
        1 as numerator_factor,
        0 as denominator_factor
    from metrics
    where metric_type = 'ratio'

    union all

    select
        metric,
        metric_type,
        denominator as part,
        0 as numerator_factor,
        1 as denominator_factor
    from metrics
    where metric_type = 'ratio'

)

select * from final
