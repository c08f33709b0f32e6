{%- set columns = segment_experiments.columns_of_registry('experiment_variants') -%}
with registry as (

    select * from {{ segment_experiments.registry_relation('experiment_variants') }}

),

cleaned as (

    select
        {{ segment_experiments.column_as_text(columns, 'experiment_id', 'registry') }} as experiment_id,
        {{ segment_experiments.column_as_text(columns, 'variant', 'registry') }} as variant,
        {{ segment_experiments.column_as_number(columns, 'expected_share', 'registry') }} as share_number,
        {%- if 'expected_share' in columns %}
        nullif({{ segment_experiments.trimmed(
            'cast(registry.expected_share as ' ~ segment_experiments.type_text() ~ ')'
        ) }}, '') as listed_share
        {%- else %}
        cast(null as {{ segment_experiments.type_text() }}) as listed_share
        {%- endif %}
    from registry

),

-- What can be no share, such as a negative number or NaN, counts as not given; a test of the registry tells.
judged as (

    select
        experiment_id,
        variant,
        listed_share,
        case when share_number >= 0 and share_number <= 100 then share_number end as expected_share
    from cleaned
    where
        experiment_id is not null
        and variant is not null
        and {{ segment_experiments.is_chosen_experiment('experiment_id') }}

),

{{ segment_experiments.listed_once_ctes(
    'judged', 'final', ['experiment_id', 'variant'], ['expected_share', 'listed_share']
) }}

select * from final
