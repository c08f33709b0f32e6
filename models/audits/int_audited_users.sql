{{ config(enabled=segment_experiments.is_in_modules('audits'), materialized='ephemeral') }}
{%- set checks = {
    'user_in_several_variants': ['is_crossover', 'users'],
    'several_variants_rerandomised': ["reason = 'rerandomised'", 'users'],
    'several_variants_second_device': ["reason = 'second_device'", 'users'],
    'several_variants_lost_cookie': ["reason = 'lost_cookie'", 'users'],
    'user_in_unknown_variant': ["exclusion_reason = 'unknown_variant'", 'users'],
    'user_without_credible_time': ["exclusion_reason = 'invalid_time'", 'users'],
    'user_outside_dates': ["exclusion_reason = 'outside_dates'", 'users'],
    'user_not_activated': ["exclusion_reason = 'not_activated'", 'users'],
    'trait_contradicts_exposure': ['not is_trait_consistent', 'users_with_trait'],
    'exposure_without_trait': ['trait_variant is null', 'users'],
    'variant_is_a_number': ['is_number', 'users'],
    'variant_is_opaque': ['is_opaque', 'users'],
} %}

with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

experiments as (

    select * from {{ ref('segment_experiments', 'mart_experiments') }}

),

crossover_reasons as (

    select * from {{ ref('segment_experiments', 'int_crossover_reasons') }}

),

-- Patterns are tried once per variant, not per user.
variants as (

    select distinct variant
    from assignments

),

judged_variants as (

    select
        variant,
        {{ segment_experiments.matches_pattern('variant', '^[-+0-9.]+$') }} as is_number,
        {{ segment_experiments.matches_pattern(
            'lower(variant)', '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,})$'
        ) }}
        and not {{ segment_experiments.matches_pattern('variant', '^[0-9]+$') }} as is_opaque
    from variants

),

explained_assignments as (

    select
        assignments.*,
        judged_variants.is_number,
        judged_variants.is_opaque,
        crossover_reasons.reason
    from assignments
    inner join judged_variants on assignments.variant = judged_variants.variant
    left join crossover_reasons
        on
            assignments.user_key = crossover_reasons.user_key
            and assignments.experiment_id = crossover_reasons.experiment_id

),

user_counts as (

    select
        experiment_id,
        count(*) as users,
        sum(case when is_trait_consistent is not null then 1 else 0 end) as users_with_trait,
        sum(exposures) as exposures,
        sum(duplicate_exposures) as duplicate_exposures,
        min(case when duplicate_exposures > 0 then user_key end) as duplicate_example,
        {%- for check_name, (condition, total) in checks.items() %}
        sum(case when {{ condition }} then 1 else 0 end) as {{ check_name }},
        min(case when {{ condition }} then assigned_at end) as {{ check_name }}_first,
        max(case when {{ condition }} then last_exposed_at end) as {{ check_name }}_last,
        min(case when {{ condition }} then user_key end) as {{ check_name }}_example,
        {%- endfor %}
        min(assigned_at) as first_assigned_at,
        max(last_exposed_at) as last_exposed_at
    from explained_assignments
    group by experiment_id

),

judged_experiments as (

    select
        experiment_id,
        is_registered,
        users + excluded_users as assigned_users,
        first_assigned_at,
        last_assigned_at,
        not {{ segment_experiments.matches_pattern(
            'experiment_id', segment_experiments.setting('naming_convention')
        ) }} as breaks_convention,
        {{ segment_experiments.names_other_month(
            'experiment_id', 'coalesce(started_at, first_assigned_at)'
        ) }} as has_other_month
    from experiments

),

final as (

    {%- for check_name, (condition, total) in checks.items() %}
    select
        '{{ check_name }}' as check_name,
        experiment_id,
        {{ check_name }} as affected_rows,
        {{ total }} as total_rows,
        {{ check_name }}_first as first_seen_at,
        {{ check_name }}_last as last_seen_at,
        {{ check_name }}_example as example
    from user_counts

    union all
    {% endfor %}
    select
        'repeated_exposure' as check_name,
        experiment_id,
        duplicate_exposures as affected_rows,
        exposures as total_rows,
        case when duplicate_exposures > 0 then first_assigned_at end as first_seen_at,
        case when duplicate_exposures > 0 then last_exposed_at end as last_seen_at,
        duplicate_example as example
    from user_counts

    union all

    select
        'experiment_not_registered' as check_name,
        experiment_id,
        case when is_registered then 0 else assigned_users end as affected_rows,
        assigned_users as total_rows,
        case when not is_registered then first_assigned_at end as first_seen_at,
        case when not is_registered then last_assigned_at end as last_seen_at,
        case when not is_registered then experiment_id end as example
    from judged_experiments

    {%- for check_name, condition in [
        ('experiment_id_breaks_convention', 'breaks_convention'),
        ('experiment_month_differs', 'has_other_month')
    ] %}

    union all

    select
        '{{ check_name }}' as check_name,
        experiment_id,
        case when {{ condition }} then 1 else 0 end as affected_rows,
        1 as total_rows,
        case when {{ condition }} then first_assigned_at end as first_seen_at,
        case when {{ condition }} then last_assigned_at end as last_seen_at,
        case when {{ condition }} then experiment_id end as example
    from judged_experiments
    {%- endfor %}

)

select * from final
