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
        and {{ segment_experiments.is_of_trait_day('traits.arrival_day') }}
        and {{ segment_experiments.is_in_time(
            segment_experiments.available_at('traits.received_at', 'traits.arrival_day'), 'times'
        ) }}

)
{%- endmacro %}


{#-
    Condition that a trait can be one of an experiment that this run computes, by the day on which it arrived, with
    a constant by which the warehouse skips the partitions before.

    Arguments: arrival_day (SQL, date).
    Returns: SQL, boolean; `true` in a run that computes all experiments.
-#}
{% macro is_of_trait_day(arrival_day) %}
    {% if not execute %}
        {% do ref('segment_experiments', 'int_trait_days') %}
        {% do ref('segment_experiments', 'int_experiment_slugs') %}
    {% endif %}
    {% set days = segment_experiments.existing_relation('int_trait_days') %}
    {% if segment_experiments.computes_all_experiments() or days is none %}
        {{ return('true') }}
    {% endif %}
    {% set kept = segment_experiments.kept_answers() %}
    {% if 'traits_from' not in kept %}
        {% do kept.update({'traits_from': segment_experiments.queried_day(
            'select min(days.arrival_day) as arrival_day from ' ~ days ~ ' as days inner join '
            ~ segment_experiments.existing_relation('int_experiment_slugs') ~ ' as slugs on days.slug = slugs.slug where '
            ~ segment_experiments.is_computed('slugs.experiment_id')
        )}) %}
    {% endif %}
    {{ return(segment_experiments.is_day_from(arrival_day, kept.traits_from)) }}
{% endmacro %}


{#-
    What a trait says of an experiment: `mapped` to one, `ambiguous`, `unknown`, or `unreadable`.

    Arguments: traits, slugs (strings): aliases of relations with slug, the second one of int_experiment_slugs,
    left joined.
    Returns: SQL, string.
-#}
{% macro trait_status(traits, slugs) -%}
    case
        when {{ traits }}.slug = '' then 'unreadable'
        when {{ slugs }}.slug is null then 'unknown'
        when {{ slugs }}.is_ambiguous then 'ambiguous'
        else 'mapped'
    end
{%- endmacro %}
