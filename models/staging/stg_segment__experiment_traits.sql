with messages as (

    select * from {{ ref('segment_experiments', 'stg_segment__identify_traits') }}

),

experiment_slugs as (

    select * from {{ ref('segment_experiments', 'int_experiment_slugs') }}

),

{{ segment_experiments.first_deliveries_ctes('messages', 'deliveries', ['trait'], [
    'identified_at', 'variant'
]) }},

final as (

    select
        deliveries.message_id,
        deliveries.anonymous_id,
        deliveries.user_id,

        -- trait
        deliveries.trait,
        experiment_slugs.experiment_id,
        deliveries.variant,
        case
            when deliveries.slug = '' then 'unreadable'
            when experiment_slugs.slug is null then 'unknown'
            when experiment_slugs.is_ambiguous then 'ambiguous'
            else 'mapped'
        end as mapping_status,

        -- times
        deliveries.identified_at,
        deliveries.received_at
    from deliveries
    left join experiment_slugs on deliveries.slug = experiment_slugs.slug

)

select * from final
