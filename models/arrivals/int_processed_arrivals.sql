{#-
    Written when everything else is done, and only by a run that did everything: a run of a part of
    the models, or one in which a model failed, leaves its work to the next.
-#}
{{ config(
    materialized='table', pre_hook='{{ segment_experiments.forget_stored_failures() }}'
) }}
{%- do segment_experiments.refer_to_kept_models() -%}
{%- set arrivals = ref('segment_experiments', 'int_arrivals') -%}
{%- set state = segment_experiments.run_state(arrivals) -%}
{%- set has_expired_days = segment_experiments.work().expired_days | length > 0 -%}

-- depends_on: {{ ref('segment_experiments', 'int_computed_experiments') }}
with arrivals as (

    select * from {{ arrivals }}

),

names as (

    select * from {{ ref('segment_experiments', 'int_exposure_names') }}

),

suppressed_users as (

    select distinct user_key from {{ ref('segment_experiments', 'int_suppressed_identifiers') }}

),

finished as (

    select
        kind,
        raw_table,
        name,
        row_count,
        checksum
    from arrivals
    where kind not in ('missing', 'overlap', 'always', 'filled')

    union all

    select
        'name' as kind,
        {{ segment_experiments.row_as_text(['experiment_id', 'variant']) }} as raw_table,
        {{ segment_experiments.row_as_text(segment_experiments.sent_columns()) }} as name,
        1 as row_count,
        0 as checksum
    from names

    union all

    select
        'suppressed' as kind,
        '' as raw_table,
        {{ dbt.hash('user_key') }} as name,
        1 as row_count,
        0 as checksum
    from suppressed_users
    {%- if has_expired_days %}

    union all

    -- Days that expired, of which the state is kept.
    select
        known.kind,
        known.raw_table,
        known.name,
        known.row_count,
        known.checksum
    from {{ this }} as known
    inner join arrivals as tables
        on
            tables.kind = 'columns'
            and known.raw_table = tables.raw_table
    left join arrivals
        on
            known.kind = arrivals.kind
            and known.raw_table = arrivals.raw_table
            and known.name = arrivals.name
    where
        known.kind = 'rows'
        and arrivals.name is null
    {%- endif %}

),

final as (

    {% if state == 'complete' -%}
    select * from finished
    {%- elif state == 'overlap' -%}
    -- Another run began while this one went on: who wrote last is not known.
    select
        'overlap' as kind,
        '' as raw_table,
        '{{ invocation_id }}' as name,
        cast(1 as {{ dbt.type_bigint() }}) as row_count,
        cast(0 as {{ dbt.type_bigint() }}) as checksum
    {%- elif segment_experiments.existing_relation('int_processed_arrivals') is not none -%}
    select * from {{ this }}
    {%- else -%}
    select * from finished
    where 1 = 0
    {%- endif %}

)

select
    kind,
    raw_table,
    name,
    row_count,
    checksum
from final
