{{ config(severity=segment_experiments.setting('registry_severity'), store_failures=true) }}

with variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

shares as (

    select
        experiment_id,
        count(*) as variants,
        count(listed_share) as given_shares,
        count(expected_share) as possible_shares,
        sum(expected_share) as total_share,
        min(expected_share) as smallest_share
    from variants
    group by experiment_id

),

final as (

    select
        experiment_id,
        total_share,
        case
            when given_shares < variants
                then 'Give the expected_share of every variant, or of none.'
            when possible_shares < given_shares
                then 'Every expected_share must be a number from 0 to 1; equal shares are taken instead.'
            when smallest_share <= 0 then 'Every expected_share must be above 0.'
            else 'The values of expected_share must sum to 1.'
        end as message
    from shares
    where
        given_shares > 0
        and (
            given_shares < variants
            or possible_shares < given_shares
            or smallest_share <= 0
            or abs(total_share - 1) > 0.001
        )

)

select * from final
