{{ config(enabled=segment_experiments.is_in_modules('audits'), materialized='ephemeral') }}
{%- set trait_columns = segment_experiments.columns_of_all_sources('identifies').keys() | list %}

with traits as (

    select * from {{ ref('segment_experiments', 'stg_segment__experiment_traits') }}

),

slugs as (

    select * from {{ ref('segment_experiments', 'int_experiment_slugs') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

trait_counts as (

    select
        {%- for status in ['unknown', 'ambiguous', 'unreadable'] %}
        sum(case when mapping_status = '{{ status }}' then 1 else 0 end) as {{ status }},
        min(case when mapping_status = '{{ status }}' then received_at end) as {{ status }}_first,
        max(case when mapping_status = '{{ status }}' then received_at end) as {{ status }}_last,
        min(case when mapping_status = '{{ status }}' then trait end) as {{ status }}_example,
        {%- endfor %}
        count(*) as traits
    from traits

),

-- Users are told apart before they are counted.
identified_users as (

    select
        traits.experiment_id,
        identities.user_key,
        min(traits.received_at) as first_received_at,
        max(traits.received_at) as last_received_at
    from traits
    inner join identities
        on {{ segment_experiments.identity_join('traits', 'identities') }}
    where traits.mapping_status = 'mapped'
    group by traits.experiment_id, identities.user_key

),

exposed_users as (

    select
        experiment_id,
        user_key
    from assignments
    where exposures > 0

),

compared_users as (

    select
        identified_users.experiment_id,
        identified_users.user_key,
        identified_users.first_received_at,
        identified_users.last_received_at,
        exposed_users.user_key is null as is_unexposed
    from identified_users
    left join exposed_users
        on
            identified_users.experiment_id = exposed_users.experiment_id
            and identified_users.user_key = exposed_users.user_key

),

top_level_columns as (

    select
        slug as column_name,
        experiment_ids,
        slug in (
            {%- for name in trait_columns %}
            {{ segment_experiments.string_literal(name) }},
            {%- endfor %}
            ''
        ) as is_column
    from slugs

),

final as (

    {%- for status, check_name in [
        ('unknown', 'trait_of_unknown_experiment'), ('ambiguous', 'trait_of_several_experiments'),
        ('unreadable', 'trait_not_readable')
    ] %}
    select
        '{{ check_name }}' as check_name,
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        coalesce({{ status }}, 0) as affected_rows,
        traits as total_rows,
        {{ status }}_first as first_seen_at,
        {{ status }}_last as last_seen_at,
        {{ status }}_example as example
    from trait_counts

    union all
    {% endfor %}
    select
        'trait_without_exposure' as check_name,
        experiment_id,
        sum(case when is_unexposed then 1 else 0 end) as affected_rows,
        count(*) as total_rows,
        min(case when is_unexposed then first_received_at end) as first_seen_at,
        max(case when is_unexposed then last_received_at end) as last_seen_at,
        min(case when is_unexposed then user_key end) as example
    from compared_users
    group by experiment_id

    union all

    select
        'trait_not_namespaced' as check_name,
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        coalesce(sum(case when is_column then 1 else 0 end), 0) as affected_rows,
        {{ trait_columns | length }} as total_rows,
        cast(null as {{ dbt.type_timestamp() }}) as first_seen_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_seen_at,
        min(case when is_column then column_name end) as example
    from top_level_columns

    union all

    select
        'experiments_share_a_column' as check_name,
        cast(null as {{ segment_experiments.type_text() }}) as experiment_id,
        coalesce(sum(case when is_ambiguous then 1 else 0 end), 0) as affected_rows,
        count(*) as total_rows,
        cast(null as {{ dbt.type_timestamp() }}) as first_seen_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_seen_at,
        min(case when is_ambiguous then experiment_ids end) as example
    from slugs

)

select * from final
