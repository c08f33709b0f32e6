{{ config(enabled=segment_experiments.is_in_modules('dimensions'), **segment_experiments.by_experiment()) }}
with assignments as {{ segment_experiments.not_materialized() }}(

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

waiting_times as (

    select
        is_mature_only,
        maturity_seconds
    from metrics

    union distinct

    -- Which values are frequent is asked of all analysed users.
    select
        false as is_mature_only,
        {{ segment_experiments.float_literal(0) }} as maturity_seconds

),

user_values as (

    {{ segment_experiments.dimension_rows(
        'assignments', ['experiment_id', 'variant', 'analysed_from', 'as_of']
    ) }}

),

counted as (

    select
        user_values.experiment_id,
        user_values.dimension,
        user_values.raw_value,
        user_values.variant,
        waiting_times.is_mature_only,
        waiting_times.maturity_seconds,
        count(*) as users
    from user_values
    cross join waiting_times
    where
        not waiting_times.is_mature_only
        or {{ segment_experiments.is_mature(
            'user_values.analysed_from', 'waiting_times.maturity_seconds', 'user_values.as_of'
        ) }}
    group by
        user_values.experiment_id,
        user_values.dimension,
        user_values.raw_value,
        user_values.variant,
        waiting_times.is_mature_only,
        waiting_times.maturity_seconds

),

frequencies as (

    select
        experiment_id,
        dimension,
        raw_value,
        sum(users) as users
    from counted
    where
        not is_mature_only
        and raw_value <> '(none)'
    group by experiment_id, dimension, raw_value

),

ranked as (

    select
        frequencies.*,
        row_number() over (
            partition by experiment_id, dimension
            order by users desc, raw_value asc
        ) as frequency_rank
    from frequencies

),

final as (

    select
        counted.experiment_id,
        counted.dimension,
        counted.raw_value,
        case
            when ranked.frequency_rank > {{ segment_experiments.most_dimension_values() }} then '(other)'
            else counted.raw_value
        end as dimension_value,
        counted.variant,
        counted.is_mature_only,
        counted.maturity_seconds,
        cast(counted.users as {{ dbt.type_bigint() }}) as users
    from counted
    left join ranked
        on
            counted.experiment_id = ranked.experiment_id
            and counted.dimension = ranked.dimension
            and counted.raw_value = ranked.raw_value

)

select * from final
