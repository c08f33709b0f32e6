with messages as (

    select * from {{ ref('segment_experiments', 'stg_segment__identify_traits') }}
    where not is_copy

),

experiment_slugs as (

    select * from {{ ref('segment_experiments', 'int_experiment_slugs') }}

),

final as (

    select
        messages.message_id,
        messages.anonymous_id,
        messages.user_id,
        messages.identity_hash,

        -- trait
        messages.trait,
        experiment_slugs.experiment_id,
        messages.variant,
        {{ segment_experiments.trait_status('messages', 'experiment_slugs') }} as mapping_status,

        -- times
        messages.identified_at,
        messages.received_at,
        messages.arrival_day
    from messages
    left join experiment_slugs on messages.slug = experiment_slugs.slug

)

select * from final
