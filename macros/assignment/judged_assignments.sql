{#-
    Assignments with the reason for which they are not analysed, and from when on they are.

    Arguments:
        source (string): relation with a row per assignment: user_key, experiment_id, variant,
            assigned_at, variants_seen, and any others.
        target (string): relation made: the columns of the source, exclusion_reason and analysed_from.
        keys (list of strings): columns that identify a row of the source, never null.
    The relations registry, registered_variants (stg_registry__*), stray_variants (int_stray_variants), times
    (int_experiment_times) and activations (int_user_activations) have to be there.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro judged_assignments_ctes(source, target, keys) -%}
experiments_with_variants as (

    select distinct experiment_id from registered_variants

),

activated as (

    select
        {%- for key in keys %}
        {{ source }}.{{ key }},
        {%- endfor %}
        min(activations.activated_at) as activated_at
    from {{ source }}
    inner join registry on {{ source }}.experiment_id = registry.experiment_id
    inner join times on {{ source }}.experiment_id = times.experiment_id
    inner join activations
        on
            {{ segment_experiments.integer_hash(source ~ '.user_key') }} = activations.user_hash
            and registry.activation_event = activations.activation_event
            and {{ source }}.assigned_at <= activations.activated_at
    where {{ segment_experiments.is_in_time('activations.available_at', 'times') }}
    group by
        {%- for key in keys %}
        {{ source }}.{{ key }}{{ ',' if not loop.last }}
        {%- endfor %}

),

{{ target }} as (

    select
        {{ source }}.*,
        {{ segment_experiments.exclusion_reason(
            variants_seen=source ~ '.variants_seen',
            has_registered_variants='(experiments_with_variants.experiment_id is not null)',
            is_registered_variant='(registered_variants.variant is not null)',
            is_stray='stray_variants.variant is not null',
            assigned_at=source ~ '.assigned_at',
            started_at='registry.started_at',
            ended_at='registry.ended_at',
            activation_event='registry.activation_event',
            activated_at='activated.activated_at'
        ) }} as exclusion_reason,
        case
            when registry.activation_event is null then {{ source }}.assigned_at
            else activated.activated_at
        end as analysed_from
    from {{ source }}
    left join registry on {{ source }}.experiment_id = registry.experiment_id
    left join experiments_with_variants
        on {{ source }}.experiment_id = experiments_with_variants.experiment_id
    left join registered_variants
        on
            {{ source }}.experiment_id = registered_variants.experiment_id
            and {{ source }}.variant = registered_variants.variant
    left join stray_variants
        on
            {{ source }}.experiment_id = stray_variants.experiment_id
            and {{ source }}.variant = stray_variants.variant
    left join activated
        on {{ segment_experiments.same(source, 'activated', keys) }}

)
{%- endmacro %}
