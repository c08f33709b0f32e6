{{ config(enabled=segment_experiments.is_in_modules('audits'), **segment_experiments.by_experiment()) }}
{%- set checks = segment_experiments.assignment_findings() %}

with assignments as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}

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

final as (

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

)

select * from final
