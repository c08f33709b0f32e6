with checks as (

    {%- for model in [
        'int_audited_exposures', 'int_audited_users', 'int_audited_traits',
        'int_audited_identities'
    ] %}

    select
        check_name,
        experiment_id,
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

final as (

    select
        check_name,
        experiment_id,
        affected_rows,
        total_rows,
        case
            when total_rows > 0
                then cast(affected_rows as {{ segment_experiments.type_double() }}) / total_rows
        end as share,
        first_seen_at,
        last_seen_at,
        example,
        case check_name
            {%- for name, check in segment_experiments.tracking_checks().items() %}
            when '{{ name }}'
                then '{{ check.advice }}'
            {%- endfor %}
        end as advice
    from checks

)

select * from final
