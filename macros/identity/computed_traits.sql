{#-
    The traits that assign, under the user they belong to: those of the experiments that the run computes, as far
    as they were there before the experiment settled.

    Arguments: target (string): relation made, with experiment_id, variant, anonymous_id, user_key, user_id (of the
    identity), identified_at, received_at.
    Returns: SQL of a common table expression.
-#}
{% macro computed_traits_cte(target) -%}
{{ target }} as (

    select
        traits.experiment_id,
        traits.variant,
        traits.anonymous_id,
        identities.user_key,
        identities.user_id,
        coalesce(traits.identified_at, traits.received_at) as identified_at,
        traits.received_at
    from {{ ref('segment_experiments', 'stg_segment__experiment_traits') }} as traits
    inner join {{ ref('segment_experiments', 'int_experiment_times') }} as times
        on traits.experiment_id = times.experiment_id
    inner join {{ ref('segment_experiments', 'identity_map') }} as identities
        on {{ segment_experiments.identity_join('traits', 'identities') }}
    where
        traits.mapping_status = 'mapped'
        and {{ segment_experiments.is_computed('traits.experiment_id') }}
        and {{ segment_experiments.is_in_time(
            segment_experiments.available_at('traits.received_at', 'traits.arrival_day'), 'times'
        ) }}

)
{%- endmacro %}
