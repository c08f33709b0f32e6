{%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}

{%- set is_last = segment_experiments.chosen(
    'multiple_variant_policy', {'exclude': false, 'first': false, 'last': true}
) -%}

{#- dbt knows the columns of a contract before it runs, so it holds for the default dimensions. -#}
{%- set is_default = dimensions | sort == segment_experiments.described_dimensions() -%}
{%- set configuration = segment_experiments.by_experiment(
    cluster_by=['experiment_id', 'user_key'], time='assigned_at'
) -%}
{%- if is_default -%}
    {%- do configuration.update({
        'on_schema_change': 'append_new_columns',
        'pre_hook': configuration.pre_hook + [
            {'sql': '{{ segment_experiments.drop_other_columns() }}', 'transaction': true}
        ],
    }) -%}
{%- endif -%}
{{ config(contract={'enforced': is_default}, **configuration) }}
{#- A user has one row per variant, so the variant makes the order complete. -#}
{%- set variant_order = (['case when variant = last_variant then 0 else 1 end'] if is_last else []) + [
    'case when assigned_at is null then 1 else 0 end',
    'coalesce(assigned_at, ' ~ segment_experiments.earliest_credible_time() ~ ')',
    'variant'
] -%}

with tracked_variants as (

    {{ segment_experiments.shared_rows('variants') }}

),

user_traits as (

    select * from {{ ref('segment_experiments', 'int_user_traits') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

registry as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiments') }}

),

registered_variants as (

    select * from {{ ref('segment_experiments', 'stg_registry__experiment_variants') }}

),

stray_variants as (

    select * from {{ ref('segment_experiments', 'int_stray_variants') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

activations as (

    {{ segment_experiments.shared_rows('activations') }}

),

{% if segment_experiments.setting('assignments_from_traits') -%}
exposed_users as (

    select distinct
        user_key,
        experiment_id
    from tracked_variants

),

{% endif -%}
user_variants as (

    select
        user_key,
        experiment_id,
        variant,
        user_id,
        anonymous_id,
        {%- for name in dimensions %}
        {{ name }},
        {%- endfor %}
        exposures,
        assigned_at,
        assigned_at_source,
        last_exposed_at,
        'track' as assignment_source
    from tracked_variants
    {%- if segment_experiments.setting('assignments_from_traits') %}

    union all

    -- Users whose assignment was sent by identify only.
    select
        user_traits.user_key,
        user_traits.experiment_id,
        user_traits.variant,
        user_traits.user_id,
        user_traits.anonymous_id,
        {%- for name in dimensions %}
        cast(null as {{ segment_experiments.type_text() }}) as {{ name }},
        {%- endfor %}
        0 as exposures,
        user_traits.first_identified_at as assigned_at,
        'event' as assigned_at_source,
        user_traits.last_identified_at as last_exposed_at,
        'trait' as assignment_source
    from user_traits
    left join exposed_users
        on
            user_traits.user_key = exposed_users.user_key
            and user_traits.experiment_id = exposed_users.experiment_id
    where exposed_users.user_key is null
    {%- endif %}

),

{% if is_last -%}
last_variants as (

    select
        user_variants.*,
        first_value(variant) over (
            partition by user_key, experiment_id
            order by last_exposed_at desc, variant asc
        ) as last_variant
    from user_variants

),

{% endif -%}
-- The first variant; or the last one, if that is the one to analyse.
grouped as (

    select
        user_key,
        experiment_id,
        {{ segment_experiments.first_row_by(
            'chosen',
            ['variant', 'anonymous_id', 'assigned_at_source', 'assignment_source'] + dimensions,
            variant_order
        ) }},
        max(user_id) as user_id,
        count(*) as variants_seen,
        sum(exposures) as exposures,
        max(last_exposed_at) as last_exposed_at,
        {%- if is_last %}
        min(case when variant = last_variant then assigned_at end) as assigned_at
        {%- else %}
        min(assigned_at) as assigned_at
        {%- endif %}
    from {{ segment_experiments.first_row_source(
        'last_variants' if is_last else 'user_variants', ['user_key', 'experiment_id'],
        variant_order
    ) }}
    group by user_key, experiment_id

),

chosen as (

    select
        user_key,
        experiment_id,
        user_id,
        variants_seen,
        exposures,
        last_exposed_at,
        {%- for name in ['variant', 'anonymous_id'] + dimensions
            + ['assigned_at_source', 'assignment_source'] %}
        {{ segment_experiments.first_row_column('chosen', name) }} as {{ name }},
        {%- endfor %}
        assigned_at
    from grouped

),

latest_traits as (

    select
        user_key,
        experiment_id,
        variant as trait_variant,
        row_number() over (
            partition by user_key, experiment_id
            order by last_identified_at desc, variant asc
        ) as choice
    from user_traits

),

first_identified as (

    select
        user_key,
        min(first_linked_at) as first_identified_at
    from identities
    where identifier_type = 'user_id'
    group by user_key

),

{{ segment_experiments.judged_assignments_ctes('chosen', 'judged', ['user_key', 'experiment_id']) }},

described as (

    select
        judged.*,
        first_identified.first_identified_at,
        latest_traits.trait_variant
    from judged
    left join first_identified on judged.user_key = first_identified.user_key
    left join latest_traits
        on
            judged.user_key = latest_traits.user_key
            and judged.experiment_id = latest_traits.experiment_id
            and latest_traits.choice = 1

),

final as (

    select
        -- ids
        experiment_id,
        user_key,
        user_id,
        anonymous_id,

        -- assignment
        variant,
        assigned_at,
        assigned_at_source,
        assignment_source,
        exclusion_reason,
        analysed_from,

        -- dimensions, as of the assignment
        {%- for name in dimensions %}
        {{ name }},
        {%- endfor %}

        -- exposures
        last_exposed_at,
        cast(exposures as {{ dbt.type_bigint() }}) as exposures,
        cast(
            case when assignment_source = 'track' then exposures - variants_seen else 0 end
            as {{ dbt.type_bigint() }}
        ) as duplicate_exposures,
        cast(variants_seen as {{ dbt.type_bigint() }}) as variants_seen,
        variants_seen > 1 as is_crossover,

        -- traits
        trait_variant,
        trait_variant = variant as is_trait_consistent,

        -- identity
        first_identified_at,
        coalesce(first_identified_at > assigned_at, false) as was_anonymous
    from described

)

select * from final
