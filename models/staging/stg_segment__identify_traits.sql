{#-
    The columns are looked up at each run, so a new experiment needs no edit. They are read in one
    scan and turned into rows by UNPIVOT, which leaves out nulls. A column with the whole object is read
    as well; a row of it that is no flat object has an empty slug.
-#}
{{ config(**segment_experiments.by_arrival_day(['trait'])) }}
{%- set prefix = segment_experiments.setting('experiment_traits_prefix') | lower -%}
{%- set sources = segment_experiments.trait_sources(prefix) %}
{%- set objects = sources | map(attribute='object') | select | list %}
-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}
with
{%- for source in sources %}

{{ source.name }}_messages as (
    {{ source.rows }}

),
{%- if source.object %}

{{ source.name }}_entries as (

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        {{ segment_experiments.column_slug('object_key') }} as slug,
        object_value as variant,
        event_at,
        received_at,
        arrival_day
    from {{ segment_experiments.object_entries(source.name ~ '_messages', 'trait_object') }} as object_entries
    where object_value is not null

    union all

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        '' as slug,
        cast(null as {{ segment_experiments.type_text() }}) as variant,
        event_at,
        received_at,
        arrival_day
    from {{ source.name }}_messages
    where
        trait_object not in ('', 'null')
        and not {{ segment_experiments.is_flat_object('trait_object') }}

),
{%- endif %}
{%- endfor %}

all_traits as (

    {%- for source in sources %}
    {%- if source.traits %}

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        lower(trait) as trait,
        substr(lower(trait), {{ prefix | length + 1 }}) as slug,
        variant,
        event_at as identified_at,
        received_at,
        arrival_day
    from {{ segment_experiments.unpivoted(
        source.name ~ '_messages', 'variant', 'trait', source.traits | map('first') | list
    ) }}
    where anonymous_id is not null or user_id is not null
    {%- endif %}
    {%- if source.traits and source.object %}

    union all
    {%- endif %}
    {%- if source.object %}

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        case
            when slug = '' then {{ segment_experiments.string_literal(source.object.name) }}
            else {{ segment_experiments.string_literal(prefix) }} || slug
        end as trait,
        slug,
        variant,
        event_at as identified_at,
        received_at,
        arrival_day
    from {{ source.name }}_entries
    where anonymous_id is not null or user_id is not null
    {%- endif %}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- else %}

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        cast(null as {{ segment_experiments.type_text() }}) as trait,
        cast(null as {{ segment_experiments.type_text() }}) as slug,
        cast(null as {{ segment_experiments.type_text() }}) as variant,
        event_at as identified_at,
        received_at,
        arrival_day
    from ({{ segment_experiments.no_staging_rows() }}) as no_identifies
    {%- endfor %}

),

{% if objects -%}
-- The same trait can be in a column and in the object, and two ids can have the same slug.
distinct_traits as (

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        trait,
        slug,
        min(variant) as variant,
        identified_at,
        received_at,
        arrival_day
    from all_traits
    group by
        message_id, event_table, anonymous_id, user_id, trait, slug, identified_at, received_at,
        arrival_day

),

{% endif -%}
{{ segment_experiments.marked_copies_ctes(
    'distinct_traits' if objects else 'all_traits', 'deliveries', ['trait'], ['identified_at', 'variant']
) }},

final as (

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        {{ segment_experiments.identity_hash('deliveries') }} as identity_hash,
        trait,
        slug,
        variant,
        identified_at,
        received_at,
        arrival_day,
        is_copy
    from deliveries

)

select * from final
