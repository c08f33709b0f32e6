{{ config(enabled=segment_experiments.is_in_modules('daily'), **segment_experiments.by_experiment()) }}
{%- set span = segment_experiments.longest_windows() %}
with periods as (

    select * from {{ ref('segment_experiments', 'int_user_assignment_periods') }}
    where {{ segment_experiments.is_computed('experiment_id') }}

),

times as (

    select
        experiment_id,
        cast(as_of as date) as as_of_date
    from {{ ref('segment_experiments', 'int_experiment_times') }}

),

-- After the last window nothing can change any more.
spans as (

    select
        periods.experiment_id,
        min(periods.valid_from) as first_date,
        greatest(
            max(periods.valid_from),
            max(coalesce(periods.valid_until, periods.valid_from)),
            max(
                case
                    when periods.exclusion_reason is null
                        then cast(
                            {{ segment_experiments.add_seconds('periods.analysed_from', span.after) }}
                            as date
                        )
                    else periods.valid_from
                end
            )
        ) as last_date
    from periods
    group by periods.experiment_id

),

digits as (

    {{ segment_experiments.integers(0, 9) }}

),

-- Up to ten thousand days.
numbers as (

    select
        ones.number
        + 10 * tens.number
        + 100 * hundreds.number
        + 1000 * thousands.number as day_number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands

),

cut as (

    select
        spans.experiment_id,
        least(spans.first_date, times.as_of_date) as first_date,
        least(spans.last_date, times.as_of_date) as last_date
    from spans
    inner join times on spans.experiment_id = times.experiment_id

),

dated as (

    select
        cut.experiment_id,
        cut.last_date,
        cast(
            {{ segment_experiments.add_seconds(
                'cast(cut.first_date as ' ~ dbt.type_timestamp() ~ ')', 'numbers.day_number * 86400.0'
            ) }} as date
        ) as date_day
    from cut
    cross join numbers
    where numbers.day_number <= {{ segment_experiments.days_between(
        'cast(cut.first_date as ' ~ dbt.type_timestamp() ~ ')',
        'cast(cut.last_date as ' ~ dbt.type_timestamp() ~ ')'
    ) }}

),

final as (

    select
        experiment_id,
        date_day,
        last_date
    from dated

)

select * from final
