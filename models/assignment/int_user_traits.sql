{%- set trait_order = ['identified_at', "coalesce(anonymous_id, '')"] -%}
{{ config(materialized='ephemeral') }}
{%- set as_of = segment_experiments.setting('as_of') %}

with times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

traits as (

    select * from {{ ref('segment_experiments', 'stg_segment__experiment_traits') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

stitched as (

    select
        identities.user_key,
        identities.user_id,
        traits.anonymous_id,
        traits.experiment_id,
        traits.variant,
        coalesce(traits.identified_at, traits.received_at) as identified_at
    from traits
    inner join times on traits.experiment_id = times.experiment_id
    inner join identities
        on {{ segment_experiments.identity_join('traits', 'identities') }}
    where
        traits.mapping_status = 'mapped'
        and {{ segment_experiments.is_computed('traits.experiment_id') }}
        and {{ segment_experiments.is_in_time(
            segment_experiments.available_at('traits.received_at', 'traits.arrival_day'), 'times'
        ) }}
    {%- if as_of %}
        and coalesce(traits.identified_at, traits.received_at)
            <= {{ segment_experiments.timestamp_literal(as_of) }}
    {%- endif %}

),

chosen as (

    select
        user_key,
        experiment_id,
        variant,
        max(user_id) as user_id,
        {{ segment_experiments.first_row_by('first_trait', ['anonymous_id'], trait_order) }},
        min(identified_at) as first_identified_at,
        max(identified_at) as last_identified_at
    from {{ segment_experiments.first_row_source(
        'stitched', ['user_key', 'experiment_id', 'variant'], trait_order
    ) }}
    group by user_key, experiment_id, variant

),

final as (

    select
        user_key,
        experiment_id,
        variant,
        user_id,
        {{ segment_experiments.first_row_column('first_trait', 'anonymous_id') }} as anonymous_id,
        first_identified_at,
        last_identified_at
    from chosen

)

select * from final
