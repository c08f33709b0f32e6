{#-
    The columns are looked up at each run, so a new experiment needs no edit. They are read in one
    scan and turned into rows by UNPIVOT, which leaves out nulls.
-#}
{%- set prefix = segment_experiments.setting('experiment_traits_prefix') | lower -%}
{%- set traits = segment_experiments.trait_columns(prefix) -%}

with experiment_slugs as (

    select * from {{ ref('segment_experiments', 'int_experiment_slugs') }}

),

messages as (
    {% set rows = segment_experiments.staging_rows({'event': 'identifies'}, fields=traits) %}
    {{ rows or segment_experiments.no_staging_rows() }}

),

deliveries as (

    select
        messages.*,
        {{ segment_experiments.delivery_number([
            'event_at', 'user_id', 'anonymous_id'
        ]) }} as delivery_number
    from messages
    where anonymous_id is not null or user_id is not null

),

traits as (
    {% if traits %}
    select
        message_id,
        anonymous_id,
        user_id,
        event_at,
        received_at,
        trait,
        variant
    from deliveries
    unpivot (variant for trait in ({{ traits | map('first') | join(', ') }}))
    where delivery_number = 1
    {% else %}
    select
        message_id,
        anonymous_id,
        user_id,
        event_at,
        received_at,
        cast(null as {{ dbt.type_string() }}) as trait,
        cast(null as {{ dbt.type_string() }}) as variant
    from deliveries
    where delivery_number < 1
    {% endif %}
),

final as (

    select
        traits.message_id,
        traits.anonymous_id,
        traits.user_id,

        -- trait
        traits.trait,
        experiment_slugs.experiment_id,
        traits.variant,
        case
            when experiment_slugs.slug is null then 'unknown'
            when experiment_slugs.is_ambiguous then 'ambiguous'
            else 'mapped'
        end as mapping_status,

        -- times
        traits.event_at as identified_at,
        traits.received_at
    from traits
    left join experiment_slugs
        on experiment_slugs.slug = substr(lower(traits.trait), {{ prefix | length + 1 }})

)

select * from final
