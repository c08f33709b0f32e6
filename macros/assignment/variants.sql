{#-
    The variants of an experiment, its control and the expected shares. The registry says which
    variants there are; without it, those that somebody is analysed in.

    Arguments:
        source (string): relation with the columns of group_by, variant, and users (integer, those
            analysed), one row per group and variant that anybody was assigned to. It is read three
            times.
        target (string): relation made.
        group_by (list of strings): columns of a group, experiment_id among them, such as
            ['experiment_id'] or ['experiment_id', 'date'].
        groups (string): relation with the groups in which registered variants are wanted; none for
            one group per experiment, whether anybody was assigned to it or not.
    The relations registry and registered_variants (the staging models of the registry) have to be
    there.
    Returns: SQL of common table expressions, the last named as target: the columns of group_by,
    variant, control_variant, is_control, expected_share (sums to one in a group) and users.
-#}
{% macro variants_ctes(source, target, group_by, groups=none) -%}
{{ target }}_registered as (

    select distinct experiment_id from registered_variants

),

{{ target }}_listed as (

    select
        {%- for column in group_by %}
        {{ groups or 'registered_variants' }}.{{ column }},
        {%- endfor %}
        registered_variants.variant,
        registered_variants.expected_share
    from registered_variants
    {%- if groups %}
    inner join {{ groups }} on registered_variants.experiment_id = {{ groups }}.experiment_id
    {%- endif %}

    union all

    select
        {%- for column in group_by %}
        {{ source }}.{{ column }},
        {%- endfor %}
        {{ source }}.variant,
        cast(null as {{ segment_experiments.type_double() }}) as expected_share
    from {{ source }}
    left join {{ target }}_registered
        on {{ source }}.experiment_id = {{ target }}_registered.experiment_id
    where
        {{ target }}_registered.experiment_id is null
        and {{ source }}.users > 0

),

{{ target }}_controls as (

    select
        {%- for column in group_by %}
        {{ target }}_listed.{{ column }},
        {%- endfor %}
        coalesce(
            max(registry.control_variant),
            max(case when lower({{ target }}_listed.variant) = 'control' then {{ target }}_listed.variant end),
            min({{ target }}_listed.variant)
        ) as control_variant,
        -- Shares that are not given for every variant are taken as equal.
        min(case when {{ target }}_listed.expected_share is null then 0 else 1 end) = 1 as has_shares,
        count(*) as variant_count,
        sum({{ target }}_listed.expected_share) as total_share
    from {{ target }}_listed
    left join registry on {{ target }}_listed.experiment_id = registry.experiment_id
    group by
        {%- for column in group_by %}
        {{ target }}_listed.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}

),

{{ target }} as (

    select
        {%- for column in group_by %}
        {{ target }}_listed.{{ column }},
        {%- endfor %}
        {{ target }}_listed.variant,
        {{ target }}_controls.control_variant,
        {{ target }}_listed.variant = {{ target }}_controls.control_variant as is_control,
        case
            when {{ target }}_controls.has_shares and {{ target }}_controls.total_share > 0
                then {{ target }}_listed.expected_share / {{ target }}_controls.total_share
            else {{ segment_experiments.float_literal(1) }} / {{ target }}_controls.variant_count
        end as expected_share,
        cast(coalesce({{ source }}.users, 0) as {{ dbt.type_bigint() }}) as users
    from {{ target }}_listed
    inner join {{ target }}_controls
        on {{ segment_experiments.same(target ~ '_listed', target ~ '_controls', group_by) }}
    left join {{ source }}
        on {{ segment_experiments.same(target ~ '_listed', source, group_by + ['variant']) }}

)
{%- endmacro %}
