with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

events as (

    select * from {{ ref('segment_experiments', 'int_user_events') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

),

eligible_users as (

    select * from {{ ref('segment_experiments', 'int_eligible_users') }}

),

analysed as (

    select
        experiment_id,
        user_key,
        variant,
        assigned_at
    from assignments
    where exclusion_reason is null

),

-- One user key on both sides: an event meets each of its user's assignments once.
matched as (

    select
        analysed.experiment_id,
        analysed.user_key,
        analysed.variant,
        metrics.metric,
        metrics.metric_type,
        events.value,
        events.event_at,
        {{ segment_experiments.is_in_window(
            'events.event_at', 'analysed.assigned_at', 'metrics.delay_seconds',
            'metrics.window_seconds'
        ) }} as is_in_window,
        {{ segment_experiments.is_before_assignment(
            'events.event_at', 'analysed.assigned_at', 'metrics.covariate_seconds'
        ) }} as is_before_assignment
    from analysed
    inner join events on analysed.user_key = events.user_key
    inner join metrics on events.measure = metrics.measure
    cross join as_of
    where
        events.event_at <= as_of.as_of
        and (
            not metrics.is_mature_only
            or {{ segment_experiments.is_mature(
                'analysed.assigned_at', 'metrics.maturity_seconds', 'as_of.as_of'
            ) }}
        )

),

simple_metrics as (

    select
        experiment_id,
        user_key,
        variant,
        metric,
        case
            when metric_type in ('conversion', 'retention')
                then max(case when is_in_window then 1 else 0 end)
            when metric_type = 'count'
                then sum(case when is_in_window then 1 else 0 end)
            else sum(case when is_in_window then value else 0 end)
        end as value,
        case
            when metric_type in ('conversion', 'retention')
                then max(case when is_before_assignment then 1 else 0 end)
            when metric_type = 'count'
                then sum(case when is_before_assignment then 1 else 0 end)
            else sum(case when is_before_assignment then value else 0 end)
        end as covariate,
        min(case when is_in_window then event_at end) as first_event_at
    from matched
    where is_in_window or is_before_assignment
    group by experiment_id, user_key, variant, metric, metric_type

),

ratio_parts as (

    select
        metric,
        numerator as part,
        1 as numerator_factor,
        0 as denominator_factor,
        is_mature_only,
        maturity_seconds
    from metrics
    where metric_type = 'ratio'

    union all

    select
        metric,
        denominator as part,
        0 as numerator_factor,
        1 as denominator_factor,
        is_mature_only,
        maturity_seconds
    from metrics
    where metric_type = 'ratio'

),

-- The two parts of a ratio are metrics themselves; a user has a row when either part has one.
ratio_metrics as (

    select
        simple_metrics.experiment_id,
        simple_metrics.user_key,
        simple_metrics.variant,
        ratio_parts.metric,
        sum(simple_metrics.value * ratio_parts.numerator_factor) as value,
        sum(simple_metrics.value * ratio_parts.denominator_factor) as denominator,
        sum(simple_metrics.covariate * ratio_parts.numerator_factor) as covariate,
        min(simple_metrics.first_event_at) as first_event_at
    from simple_metrics
    inner join ratio_parts on simple_metrics.metric = ratio_parts.part
    inner join analysed
        on
            simple_metrics.experiment_id = analysed.experiment_id
            and simple_metrics.user_key = analysed.user_key
    cross join as_of
    where
        not ratio_parts.is_mature_only
        or {{ segment_experiments.is_mature(
            'analysed.assigned_at', 'ratio_parts.maturity_seconds', 'as_of.as_of'
        ) }}
    group by
        simple_metrics.experiment_id,
        simple_metrics.user_key,
        simple_metrics.variant,
        ratio_parts.metric

),

united as (

    select
        experiment_id,
        user_key,
        variant,
        metric,
        value,
        cast(null as {{ segment_experiments.type_double() }}) as denominator,
        covariate,
        first_event_at
    from simple_metrics

    union all

    select
        experiment_id,
        user_key,
        variant,
        metric,
        value,
        denominator,
        covariate,
        first_event_at
    from ratio_metrics

),

capped_metrics as (

    select
        metric,
        is_mature_only,
        maturity_seconds,
        cap_percentile
    from metrics
    where cap_percentile is not null

),

metric_users as (

    select
        eligible_users.experiment_id,
        capped_metrics.metric,
        sum(eligible_users.users) as users,
        (sum(eligible_users.users) - 1) * max(capped_metrics.cap_percentile) as cap_position
    from eligible_users
    inner join capped_metrics
        on
            eligible_users.is_mature_only = capped_metrics.is_mature_only
            and eligible_users.maturity_seconds = capped_metrics.maturity_seconds
    group by eligible_users.experiment_id, capped_metrics.metric

),

{{ segment_experiments.cap_ctes('united', 'metric_users', 'value', 'value_caps') }},

{{ segment_experiments.cap_ctes('united', 'metric_users', 'covariate', 'covariate_caps') }},

capped as (

    select
        united.experiment_id,
        united.user_key,
        united.variant,
        united.metric,
        case when united.value > value_caps.cap then value_caps.cap else united.value end as value,
        united.denominator,
        case
            when united.covariate > covariate_caps.cap then covariate_caps.cap
            else united.covariate
        end as covariate,
        united.first_event_at
    from united
    left join value_caps
        on
            united.experiment_id = value_caps.experiment_id
            and united.metric = value_caps.metric
    left join covariate_caps
        on
            united.experiment_id = covariate_caps.experiment_id
            and united.metric = covariate_caps.metric

),

final as (

    select
        experiment_id,
        user_key,
        variant,
        metric,
        cast(value as {{ segment_experiments.type_double() }}) as value,
        denominator,
        cast(covariate as {{ segment_experiments.type_double() }}) as covariate,
        first_event_at
    from capped
    where
        value <> 0
        or coalesce(denominator, 0) <> 0
        or covariate <> 0

)

select * from final
