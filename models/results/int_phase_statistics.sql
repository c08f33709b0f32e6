{{ config(enabled=segment_experiments.is_in_modules('effect_by_age')) }}
{%- set group = ['experiment_id', 'metric', 'phase'] -%}

with variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}
    where has_assignments

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

sums as (

    select * from {{ ref('segment_experiments', 'int_phase_metric_sums') }}

),

phase_users as (

    select * from {{ ref('segment_experiments', 'int_phase_users') }}

),

phases as (

    {{ segment_experiments.phase_rows() }}

),

arms as (

    select
        variants.experiment_id,
        metrics.metric,
        metrics.metric_type,
        metrics.minimum_effect,
        phases.phase,
        variants.variant,
        variants.control_variant,
        variants.is_control,
        cast(coalesce(phase_users.users, 0) as {{ dbt.type_bigint() }}) as users
    from variants
    cross join metrics
    cross join phases
    left join phase_users
        on
            variants.experiment_id = phase_users.experiment_id
            and variants.variant = phase_users.variant
            and phases.phase = phase_users.phase
    where phases.phase <> 'trend' or not {{ segment_experiments.is_ratio('metrics.metric_type') }}

),

{{ segment_experiments.sufficient_statistics_ctes('sums', 'arms', 'statistics', group) }},

final as (

    select
        experiment_id,
        metric,
        metric_type,
        minimum_effect,
        phase,
        variant,
        control_variant,
        is_control,
        {%- for column in segment_experiments.statistics_columns() %}
        {{ column }},
        {%- endfor %}
        total
    from statistics

)

select * from final
