{{ config(enabled=segment_experiments.is_in_modules('audits')) }}
{%- set affected = 'cast(checks.affected_rows as ' ~ segment_experiments.type_double() ~ ')' -%}
with checks as (

    {%- for model in [
        'int_audited_exposures', 'int_audited_users', 'int_audited_traits', 'int_audited_identities',
        'int_audited_metrics'
    ] %}

    select
        check_name,
        experiment_id,
        {% if model == 'int_audited_metrics' %}metric{% else -%}
        cast(null as {{ segment_experiments.type_text() }}) as metric
        {%- endif %},
        cast(affected_rows as {{ dbt.type_bigint() }}) as affected_rows,
        cast(total_rows as {{ dbt.type_bigint() }}) as total_rows,
        first_seen_at,
        last_seen_at,
        example
    from {{ ref('segment_experiments', model) }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

suppressed_identifiers as (

    select * from {{ ref('segment_experiments', 'int_suppressed_identifiers') }}

),

-- Ids of messages are often made of ids of people.
hidden_examples as (

    select distinct checks.example
    from checks
    inner join suppressed_identifiers
        on {{ dbt.position('suppressed_identifiers.identifier', 'checks.example') }} > 0

),

final as (

    select
        checks.check_name,
        checks.experiment_id,
        checks.metric,
        checks.affected_rows,
        checks.total_rows,
        case
            when checks.total_rows > 0
                then {{ affected }} / checks.total_rows
        end as share,
        checks.first_seen_at,
        checks.last_seen_at,
        case
            when hidden_examples.example is null then checks.example
            else 'a suppressed user'
        end as example,
        case checks.check_name
            {%- for name, check in segment_experiments.tracking_checks().items() %}
            when '{{ name }}'
                then '{{ check.advice }}'
            {%- endfor %}
        end as advice
    from checks
    left join hidden_examples on checks.example = hidden_examples.example

)

select * from final
