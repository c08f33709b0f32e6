{{ config(**segment_experiments.by_experiment()) }}
with assignments as (

    {{ segment_experiments.computed_rows('experiment_assignments', 'assignments', 'assigned_at') }}

),

registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

longest_window as (

    select coalesce(max(delay_seconds + window_seconds), 0) as window_seconds
    from metrics

),

totals as (

    select
        assignments.experiment_id,
        count(*) as all_users,
        sum(case when assignments.exclusion_reason is null then 1 else 0 end) as users,
        sum(case when assignments.exclusion_reason is null then 0 else 1 end) as excluded_users,
        sum(case when assignments.is_crossover then 1 else 0 end) as crossover_users,
        min(assignments.assigned_at) as first_assigned_at,
        max(assignments.assigned_at) as last_assigned_at,
        min(case when assignments.exclusion_reason is null then assignments.analysed_from end)
            as first_analysed_from,
        max(case when assignments.exclusion_reason is null then assignments.analysed_from end)
            as last_analysed_from,
        sum(assignments.exposures) as exposures,
        sum(assignments.duplicate_exposures) as duplicate_exposures,
        sum(case when assignments.exclusion_reason = 'unknown_variant' then 1 else 0 end)
            as unknown_variant_users,
        {{ segment_experiments.string_list(
            "case when assignments.exclusion_reason = 'unknown_variant' then assignments.variant end"
        ) }} as unknown_variants,
        sum(case when assignments.last_exposed_at > registry.ended_at then 1 else 0 end)
            as users_exposed_after_end,
        sum(
            case
                when
                    assignments.exclusion_reason is null
                    and not {{ segment_experiments.is_mature(
                        'assignments.analysed_from', 'longest_window.window_seconds', 'assignments.as_of'
                    ) }}
                    then 1
                else 0
            end
        ) as immature_users
    from assignments
    cross join longest_window
    left join registry on assignments.experiment_id = registry.experiment_id
    group by assignments.experiment_id

),

-- The sum of whole numbers is a decimal number on some warehouses.
final as (

    select
        experiment_id,
        {%- for column in [
            'all_users', 'users', 'excluded_users', 'crossover_users', 'exposures', 'duplicate_exposures',
            'unknown_variant_users', 'users_exposed_after_end', 'immature_users'
        ] %}
        cast({{ column }} as {{ dbt.type_bigint() }}) as {{ column }},
        {%- endfor %}
        {%- for column in [
            'first_assigned_at', 'last_assigned_at', 'first_analysed_from', 'last_analysed_from'
        ] %}
        {{ column }},
        {%- endfor %}
        unknown_variants
    from totals

)

select * from final
