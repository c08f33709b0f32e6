{#-
    The columns are looked up at each run, so a new experiment needs no edit. They are read in one
    scan and turned into rows by UNPIVOT, which leaves out nulls. A column with the whole object is read
    as well; a row of it that is no flat object has an empty slug.
-#}
{{ config(**segment_experiments.by_arrival_day(['trait'])) }}
{%- set prefix = segment_experiments.setting('experiment_traits_prefix') | lower -%}
{%- set traits = segment_experiments.trait_columns(prefix) %}
{%- set object = segment_experiments.trait_object(prefix) -%}
{%- set fields = [] -%}
{%- for name, text in traits -%}
    {%- do fields.append([segment_experiments.quoted_name(name), text]) -%}
{%- endfor %}
{%- if object -%}
    {%- do fields.append(['trait_object', object.text]) -%}
{%- endif %}
-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}
with messages as (
    {% set rows = segment_experiments.staging_rows({'event': 'identifies'}, fields=fields) %}
    {{ rows or segment_experiments.no_staging_rows() }}

),
{%- if object %}

entries as (

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
    from {{ segment_experiments.object_entries('messages', 'trait_object') }} as object_entries
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
    from messages
    where
        trait_object not in ('', 'null')
        and not {{ segment_experiments.is_flat_object('trait_object') }}

),
{%- endif %}

all_traits as (
    {%- if traits %}

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
        'messages', 'variant', 'trait', traits | map('first') | list
    ) }}
    where anonymous_id is not null or user_id is not null
    {%- endif %}
    {%- if traits and object %}

    union all
    {%- endif %}
    {%- if object %}

    select
        message_id,
        event_table,
        anonymous_id,
        user_id,
        case
            when slug = '' then {{ segment_experiments.string_literal(object.name) }}
            else {{ segment_experiments.string_literal(prefix) }} || slug
        end as trait,
        slug,
        variant,
        event_at as identified_at,
        received_at,
        arrival_day
    from entries
    where anonymous_id is not null or user_id is not null
    {%- endif %}
    {%- if not traits and not object %}

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
    from messages
    where 1 = 0
    {%- endif %}

),

{% if object -%}
-- The same trait can be in a column and in the object, and two ids can have the same slug.
final as (

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

)
{%- else -%}
final as (

    select * from all_traits

)
{%- endif %}

select * from final
