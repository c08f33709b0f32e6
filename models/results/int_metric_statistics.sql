{#-
    Sums first, then squared deviations from the mean of the users who have a row; the users without
    one are added by variance_with_zeros(). So large values with a small variance keep their digits,
    which a sum of squares would lose.
-#}
with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

user_metrics as (

    select * from {{ ref('segment_experiments', 'experiment_user_metrics') }}

),

eligible_users as (

    select * from {{ ref('segment_experiments', 'int_eligible_users') }}

),

sums as (

    select
        experiment_id,
        metric,
        variant,
        count(*) as active_users,
        sum(value) as total,
        sum(denominator) as denominator_total,
        avg(value) as active_mean,
        avg(denominator) as active_denominator_mean
    from user_metrics
    group by experiment_id, metric, variant

),

deviations as (

    select
        sums.experiment_id,
        sums.metric,
        sums.variant,
        sum((user_metrics.value - sums.active_mean) * (user_metrics.value - sums.active_mean))
            as squares,
        sum(
            (user_metrics.denominator - sums.active_denominator_mean)
            * (user_metrics.denominator - sums.active_denominator_mean)
        ) as denominator_squares,
        sum(
            (user_metrics.value - sums.active_mean)
            * (user_metrics.denominator - sums.active_denominator_mean)
        ) as products
    from user_metrics
    inner join sums
        on
            user_metrics.experiment_id = sums.experiment_id
            and user_metrics.metric = sums.metric
            and user_metrics.variant = sums.variant
    group by sums.experiment_id, sums.metric, sums.variant

),

-- Every variant has a row for every metric, whether anything happened or not.
arms as (

    select
        variants.experiment_id,
        variants.variant,
        variants.control_variant,
        variants.is_control,
        metrics.metric,
        metrics.metric_type,
        coalesce(eligible_users.users, 0) as users,
        coalesce(sums.active_users, 0) as active_users,
        coalesce(sums.total, 0.0) as total,
        coalesce(sums.denominator_total, 0.0) as denominator_total,
        coalesce(sums.active_mean, 0.0) as active_mean,
        coalesce(sums.active_denominator_mean, 0.0) as active_denominator_mean,
        coalesce(deviations.squares, 0.0) as squares,
        coalesce(deviations.denominator_squares, 0.0) as denominator_squares,
        coalesce(deviations.products, 0.0) as products
    from variants
    cross join metrics
    left join eligible_users
        on
            variants.experiment_id = eligible_users.experiment_id
            and variants.variant = eligible_users.variant
            and metrics.is_mature_only = eligible_users.is_mature_only
            and metrics.maturity_seconds = eligible_users.maturity_seconds
    left join sums
        on
            variants.experiment_id = sums.experiment_id
            and variants.variant = sums.variant
            and metrics.metric = sums.metric
    left join deviations
        on
            variants.experiment_id = deviations.experiment_id
            and variants.variant = deviations.variant
            and metrics.metric = deviations.metric

),

moments as (

    select
        arms.*,
        case when users > 0 then total / users end as value_mean,
        case when users > 0 then denominator_total / users end as denominator_mean,
        {{ segment_experiments.variance_with_zeros(
            'squares', 'active_mean', 'active_mean', 'active_users', 'users'
        ) }} as value_variance,
        {{ segment_experiments.variance_with_zeros(
            'denominator_squares', 'active_denominator_mean', 'active_denominator_mean',
            'active_users', 'users'
        ) }} as denominator_variance,
        {{ segment_experiments.variance_with_zeros(
            'products', 'active_mean', 'active_denominator_mean', 'active_users', 'users'
        ) }} as covariance
    from arms

),

ratios as (

    select
        moments.*,
        case when denominator_mean <> 0 then value_mean / denominator_mean end as ratio
    from moments

),

final as (

    select
        experiment_id,
        metric,
        metric_type,
        variant,
        control_variant,
        is_control,
        cast(users as {{ dbt.type_bigint() }}) as users,
        total,
        case when metric_type = 'ratio' then ratio else value_mean end as mean,
        case
            when metric_type = 'ratio'
                then {{ segment_experiments.ratio_variance(
                    'ratio', 'value_variance', 'denominator_variance', 'covariance',
                    'nullif(denominator_mean, 0)'
                ) }}
            else value_variance
        end as variance
    from ratios

)

select * from final
