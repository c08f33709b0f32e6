{{ config(enabled=segment_experiments.is_in_modules('audits'), materialized='ephemeral') }}

with messages as (

    select * from {{ ref('segment_experiments', 'stg_segment__aliases') }}

),

links as (

    select
        anonymous_id,
        user_id,
        min(first_seen_at) as first_linked_at
    from {{ ref('segment_experiments', 'int_identity_pairs') }}
    where
        anonymous_id is not null
        and user_id is not null
    group by anonymous_id, user_id

),

walks as (

    select * from {{ ref('segment_experiments', 'int_alias_walks') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

alias_calls as (

    select
        message_id,
        previous_id,
        user_id,
        min(received_at) as received_at,
        min(coalesce(aliased_at, received_at)) as aliased_at
    from messages
    where
        previous_id is not null
        and user_id is not null
    group by message_id, previous_id, user_id

),

numbered as (

    select
        alias_calls.*,
        min(aliased_at) over (partition by previous_id, user_id) as first_aliased_at,
        row_number() over (
            partition by previous_id, user_id
            order by aliased_at, message_id
        ) as call_number
    from alias_calls

),

judged as (

    select
        numbered.message_id,
        numbered.received_at,
        case
            when numbered.previous_id = numbered.user_id then 'alias_of_itself'
            when
                numbered.call_number > 1
                and cast(numbered.aliased_at as date) = cast(numbered.first_aliased_at as date)
                then 'alias_repeated'
            when numbered.call_number > 1 then 'alias_at_every_login'
            when
                numbered.aliased_at
                > {{ segment_experiments.add_seconds('links.first_linked_at', 3600) }}
                then 'alias_after_identification'
        end as finding
    from numbered
    left join links
        on
            numbered.previous_id = links.anonymous_id
            and numbered.user_id = links.user_id

),

walking_users as (

    select
        user_id,
        max(case when reached_user_id = user_id then 1 else 0 end) as is_on_cycle
    from walks
    group by user_id

),

final as (

    {%- for check_name in [
        'alias_of_itself', 'alias_repeated', 'alias_at_every_login', 'alias_after_identification'
    ] %}
    select
        '{{ check_name }}' as check_name,
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        coalesce(sum(case when finding = '{{ check_name }}' then 1 else 0 end), 0)
            as affected_rows,
        count(*) as total_rows,
        min(case when finding = '{{ check_name }}' then received_at end) as first_seen_at,
        max(case when finding = '{{ check_name }}' then received_at end) as last_seen_at,
        min(case when finding = '{{ check_name }}' then message_id end) as example
    from judged

    union all
    {% endfor %}
    select
        'alias_cycle' as check_name,
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        coalesce(sum(is_on_cycle), 0) as affected_rows,
        count(*) as total_rows,
        cast(null as {{ dbt.type_timestamp() }}) as first_seen_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_seen_at,
        min(case when is_on_cycle = 1 then user_id end) as example
    from walking_users

    union all

    select
        'shared_device' as check_name,
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        coalesce(sum(case when is_shared_device then 1 else 0 end), 0) as affected_rows,
        count(*) as total_rows,
        cast(null as {{ dbt.type_timestamp() }}) as first_seen_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_seen_at,
        min(case when is_shared_device then identifier end) as example
    from identities
    where identifier_type = 'anonymous_id'

)

select * from final
