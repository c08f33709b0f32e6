{{ config(enabled=segment_experiments.is_exported('amplitude')) }}
{%- set experiment = segment_experiments.json_string('experiment_id') -%}
{%- set variant = segment_experiments.json_string('variant') -%}
{%- set user = segment_experiments.json_string('user_id') -%}
with {{ segment_experiments.export_rows_ctes('export_amplitude_events', 'export_rows') }},

final as (

    select
        -- Without the time: a late event that moves the assignment is no second one.
        {{ dbt.hash(
            "'[' || " ~ user ~ " || ', ' || " ~ experiment ~ " || ', ' || " ~ variant ~ " || ']'"
        ) }} as insert_id,
        'Experiment Viewed' as event_type,
        user_id,
        cast(
            floor({{ segment_experiments.microseconds_between(
                segment_experiments.timestamp_literal('1970-01-01 00:00:00'), 'assigned_at'
            ) }} / 1000.0) as {{ dbt.type_bigint() }}
        ) as time,
        '{"experimentId": ' || {{ experiment }} || ', "variant": ' || {{ variant }} || '}'
            as event_properties,
        experiment_id,
        variant,
        assigned_at
    from export_rows
    where exclusion_reason is null

)

select * from final
