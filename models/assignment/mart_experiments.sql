{#- The table is called `experiments`; the model cannot be, the registry seed has that name. -#}
{{ config(alias='experiments') }}
{%- set metrics = segment_experiments.metrics() | map(attribute='name') | list -%}

with registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

totals as (

    select * from {{ ref('segment_experiments', 'int_assignment_totals') }}

),

variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

experiment_metrics as (

    select * from {{ ref('segment_experiments', 'int_experiment_metrics') }}

),

first_goals as (

    select
        experiment_id,
        metric
    from experiment_metrics
    where goal_number = 1

),

experiment_ids as (

    select experiment_id from registry

    union distinct

    select experiment_id from totals

),

variant_lists as (

    select
        experiment_id,
        max(control_variant) as control_variant,
        {{ segment_experiments.string_list('variant') }} as variants,
        count(*) as variant_count
    from variants
    group by experiment_id

),

dated as (

    select
        experiment_ids.experiment_id,
        case
            when registry.ended_at <= times.as_of or times.is_settled then 'concluded'
            when registry.started_at > times.as_of then 'planned'
            when registry.started_at is null and totals.experiment_id is null then 'planned'
            else 'running'
        end as status,
        coalesce(registry.planned_end <= times.as_of, false) as is_past_planned_end
    from experiment_ids
    left join registry on experiment_ids.experiment_id = registry.experiment_id
    left join totals on experiment_ids.experiment_id = totals.experiment_id
    left join times on experiment_ids.experiment_id = times.experiment_id

),

final as (

    select
        experiment_ids.experiment_id,
        registry.experiment_id is not null as is_registered,
        coalesce(variant_lists.control_variant, registry.control_variant) as control_variant,
        variant_lists.variants,
        cast(coalesce(variant_lists.variant_count, 0) as {{ dbt.type_bigint() }})
            as variant_count,
        registry.started_at,
        registry.ended_at,
        registry.planned_end,
        dated.status,
        dated.status = 'concluded' or dated.is_past_planned_end as has_reached_end,
        coalesce(registry.role, '{{ segment_experiments.registry_choices().role[0] }}') as role,
        registry.activation_event,
        registry.primary_metric,
        {%- if metrics %}
        case
            when registry.primary_metric in (
                {%- for metric in metrics %}
                {{ segment_experiments.string_literal(metric) }}{{ ',' if not loop.last }}
                {%- endfor %}
            ) then registry.primary_metric
            else coalesce(first_goals.metric, {{ segment_experiments.string_literal(metrics[0]) }})
        end as headline_metric,
        {%- else %}
        cast(null as {{ segment_experiments.type_text() }}) as headline_metric,
        {%- endif %}
        registry.owner,
        registry.hypothesis,
        cast(coalesce(totals.users, 0) as {{ dbt.type_bigint() }}) as users,
        cast(coalesce(totals.excluded_users, 0) as {{ dbt.type_bigint() }}) as excluded_users,
        cast(coalesce(totals.crossover_users, 0) as {{ dbt.type_bigint() }})
            as crossover_users,
        totals.first_assigned_at,
        totals.last_assigned_at,
        times.settled_at,
        coalesce(times.is_settled, false) as is_settled
    from experiment_ids
    inner join dated on experiment_ids.experiment_id = dated.experiment_id
    left join registry on experiment_ids.experiment_id = registry.experiment_id
    left join first_goals on experiment_ids.experiment_id = first_goals.experiment_id
    left join totals on experiment_ids.experiment_id = totals.experiment_id
    left join variant_lists on experiment_ids.experiment_id = variant_lists.experiment_id
    left join times on experiment_ids.experiment_id = times.experiment_id

)

select * from final
