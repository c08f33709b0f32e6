{#-
    Counted before anything is read: rows that arrive while the run goes on make the next run see
    another number and read their day again.
-#}
{{ config(
    materialized='table', post_hook='{{ segment_experiments.note_begun_work() }}'
) }}
{%- do segment_experiments.check_settings() -%}
{%- set columns_of = segment_experiments.columns_of_raw_tables() -%}
{%- do segment_experiments.check_names(columns_of) -%}
{%- set kept_models = segment_experiments.kept_models_of_run(of_experiments=false) if execute else [] -%}
{%- set missing = [] -%}
{%- set known_columns = {} -%}
{%- set processed = segment_experiments.existing_relation('int_processed_arrivals') -%}
{%- if processed is not none -%}
    {%- set noted_models = run_query(
        "select name from " ~ processed ~ " where kind = 'model'"
    ).columns[0].values() | list -%}
    {%- for name in kept_models if name not in noted_models
        or segment_experiments.existing_relation(name) is none -%}
        {%- do missing.append(name) -%}
    {%- endfor -%}
    {%- for raw_table, names in run_query(
        "select raw_table, name from " ~ processed ~ " where kind = 'columns'"
    ) -%}
        {%- do known_columns.update({raw_table: names.split(', ')}) -%}
    {%- endfor -%}
{%- endif -%}

with registry as (

    select distinct
        experiment_id,
        started_at
    from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

final as (

    {%- for raw_table in segment_experiments.raw_tables() %}
    {%- set relation = segment_experiments.raw_relation(raw_table) %}
    {%- set name = segment_experiments.raw_table_name(raw_table) %}
    {%- set columns = columns_of[name] %}
    {%- if columns | length > 0 %}

    {%- if segment_experiments.arrival_column(raw_table, columns) == '' %}

    -- Nothing says what is new here, so it is always read again.
    select
        'always' as kind,
        '{{ name }}' as raw_table,
        '{{ segment_experiments.unknown_arrival_day() }}' as name,
        row_count,
        0 as checksum
    from (select count(*) as row_count from {{ relation }}) as counted
    where row_count > 0

    union all
    {%- endif %}

    select
        'rows' as kind,
        '{{ name }}' as raw_table,
        cast(arrival_day as {{ segment_experiments.type_text() }}) as name,
        count(*) as row_count,
        sum(checksum) as checksum
    from (
        select
            {{ segment_experiments.arrival_day(raw_table, columns) }} as arrival_day,
            {{ segment_experiments.row_checksum(raw_table, columns) }} as checksum
        from {{ relation }} as raw_rows
    ) as counted
    group by arrival_day

    union all

    {%- set names = [] %}
    {%- set new_columns = [] %}
    {%- for column in columns.values() | sort(attribute='name') %}
        {#- They are one list, joined by what is in none of them. -#}
        {%- do names.append((column.name ~ ': ' ~ segment_experiments.type_name(column)) | replace(', ', ',')) %}
        {%- if name in known_columns and names[-1] not in known_columns[name] %}
            {%- do new_columns.append('raw_rows.' ~ segment_experiments.quoted_name(column.name) ~ ' is not null') %}
        {%- endif %}
    {%- endfor %}
    {%- if new_columns %}

    -- A new column is empty in older rows, unless somebody filled it.
    select
        'filled' as kind,
        '{{ name }}' as raw_table,
        cast(arrival_day as {{ segment_experiments.type_text() }}) as name,
        count(*) as row_count,
        0 as checksum
    from (
        select {{ segment_experiments.arrival_day(raw_table, columns) }} as arrival_day
        from {{ relation }} as raw_rows
        where {{ new_columns | join(' or ') }}
    ) as counted
    group by arrival_day

    union all
    {%- endif %}

    select
        'columns' as kind,
        '{{ name }}' as raw_table,
        {{ segment_experiments.string_literal(names | join(', ')) }} as name,
        1 as row_count,
        0 as checksum

    union all
    {%- endif %}
    {%- endfor %}

    {%- for source in segment_experiments.segment_sources() %}

    select
        'source' as kind,
        '{{ source.key or '' }}' as raw_table,
        {{ segment_experiments.string_literal(
            source.name ~ ': ' ~ source.database ~ '.' ~ source.schema
        ) }} as name,
        1 as row_count,
        0 as checksum

    union all
    {%- endfor %}

    {%- for registry in ['experiments', 'experiment_variants', 'suppressed_users'] %}
    {%- set staged = ref('segment_experiments', 'stg_registry__' ~ registry) %}
    {%- set columns = graph.nodes['model.segment_experiments.stg_registry__' ~ registry].columns.keys() | list
        if execute else ['experiment_id'] %}
    {%- set row_text = segment_experiments.row_as_text(columns) %}

    select
        'registry' as kind,
        '{{ registry }}' as raw_table,
        '' as name,
        count(*) as row_count,
        coalesce(
            sum(mod({{ segment_experiments.integer_hash(row_text) }}, 1000000007)),
            0
        ) as checksum
    from {{ staged }}

    union all
    {%- endfor %}

    select
        'experiment' as kind,
        '' as raw_table,
        {{ segment_experiments.row_as_text(['experiment_id', 'started_at']) }} as name,
        1 as row_count,
        0 as checksum
    from registry

    union all

    {%- if processed is not none %}

    select
        kind,
        raw_table,
        name,
        row_count,
        checksum
    from {{ processed }}
    where kind = 'overlap'

    union all
    {%- endif %}

    {%- for kind, names in [('missing', missing), ('model', kept_models)] %}
    {%- for name in names %}

    select
        '{{ kind }}' as kind,
        '' as raw_table,
        '{{ name }}' as name,
        1 as row_count,
        0 as checksum

    union all
    {%- endfor %}
    {%- endfor %}

    select
        'setting' as kind,
        '' as raw_table,
        '{{ segment_experiments.settings_fingerprint() }}' as name,
        1 as row_count,
        0 as checksum

    union all

    select
        'run' as kind,
        '' as raw_table,
        '{{ invocation_id }}' as name,
        1 as row_count,
        0 as checksum

)

select
    kind,
    raw_table,
    name,
    cast(row_count as {{ dbt.type_bigint() }}) as row_count,
    cast(checksum as {{ dbt.type_bigint() }}) as checksum
from final
