with traits as (

    select * from {{ ref('segment_experiments', 'stg_segment__experiment_traits') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

as_of as (

    select * from {{ ref('segment_experiments', 'int_as_of') }}

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
    inner join identities
        on {{ segment_experiments.identity_join('traits', 'identities') }}
    cross join as_of
    where
        traits.mapping_status = 'mapped'
        and coalesce(traits.identified_at, traits.received_at) <= as_of.as_of

),

final as (

    select
        user_key,
        experiment_id,
        variant,
        max(user_id) as user_id,
        {{ segment_experiments.first_value_by('anonymous_id', [
            'identified_at', "coalesce(anonymous_id, '')"
        ]) }} as anonymous_id,
        min(identified_at) as first_identified_at,
        max(identified_at) as last_identified_at
    from stitched
    group by user_key, experiment_id, variant

)

select * from final
