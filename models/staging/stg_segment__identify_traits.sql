{#-
    The columns are looked up at each run, so a new experiment needs no edit. They are read in one
    scan and turned into rows by UNPIVOT, which leaves out nulls.
-#}
{{ config(**segment_experiments.by_arrival_day(['trait'])) }}
{%- set prefix = segment_experiments.setting('experiment_traits_prefix') | lower -%}
{%- set traits = segment_experiments.trait_columns(prefix) %}
{%- set fields = [] -%}
{%- for name, text in traits -%}
    {%- do fields.append([segment_experiments.quoted_name(name), text]) -%}
{%- endfor %}
-- depends_on: {{ ref('segment_experiments', 'int_arrivals') }}
with messages as (
    {% set rows = segment_experiments.staging_rows({'event': 'identifies'}, fields=fields) %}
    {{ rows or segment_experiments.no_staging_rows() }}

),

final as (
    {% if traits %}
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
    {% else %}
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
    {% endif %}
)

select * from final
