{{ config(enabled=segment_experiments.is_in_modules('audits'), materialized='ephemeral') }}
{%- set trait_columns = segment_experiments.columns_of_all_sources('identifies').keys() | list %}

with days as (

    select * from {{ ref('segment_experiments', 'int_trait_days') }}

),

slugs as (

    select * from {{ ref('segment_experiments', 'int_experiment_slugs') }}

),

user_counts as (

    select * from {{ ref('segment_experiments', 'int_trait_audit') }}

),

judged as (

    select
        days.trait,
        days.traits,
        days.first_received_at,
        days.last_received_at,
        {{ segment_experiments.trait_status('days', 'slugs') }} as mapping_status
    from days
    left join slugs on days.slug = slugs.slug

),

trait_counts as (

    select
        {%- for status in ['unknown', 'ambiguous', 'unreadable'] %}
        sum(case when mapping_status = '{{ status }}' then traits else 0 end) as {{ status }},
        min(case when mapping_status = '{{ status }}' then first_received_at end) as {{ status }}_first,
        max(case when mapping_status = '{{ status }}' then last_received_at end) as {{ status }}_last,
        min(case when mapping_status = '{{ status }}' then trait end) as {{ status }}_example,
        {%- endfor %}
        coalesce(sum(traits), 0) as traits
    from judged

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
        unexposed_users as affected_rows,
        users as total_rows,
        first_unexposed_at as first_seen_at,
        last_unexposed_at as last_seen_at,
        unexposed_example as example
    from user_counts

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
