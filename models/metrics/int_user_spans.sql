{{ config(
    enabled=segment_experiments.reads_activity(),
    **segment_experiments.table_layout(none, ['user_hash'])
) }}
{#- Several models join the activity, so it is put together once for all of them. -#}
with final as (

    select
        user_hash,
        session_id,
        first_at,
        last_at,
        available_at
    from {{ ref('segment_experiments', 'int_stitched_spans') }}

)

select * from final
