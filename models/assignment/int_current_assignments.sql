{{ config(materialized='ephemeral') }}
{#-
    The experiments that a run computes, and those beside them: users are in several, so credit, pairs and
    regressions need both. One that is not computed again has the user keys of its time.
-#}
{%- set all_identities = ref('segment_experiments', 'identity_map') %}

with assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}
    where exclusion_reason is null

),

{% if not segment_experiments.computes_all_experiments() -%}
identities as (

    select * from {{ all_identities }}

),

neighbours as (

    select
        assignments.experiment_id,
        identities.user_key,
        assignments.user_key as assigned_user_key,
        assignments.variant,
        assignments.analysed_from,
        row_number() over (
            partition by assignments.experiment_id, identities.user_key
            order by assignments.analysed_from, assignments.user_key
        ) as choice
    from assignments
    inner join identities
        on
            assignments.user_key = identities.identifier
            and case when assignments.user_id is null then 'anonymous_id' else 'user_id' end
            = identities.identifier_type
    where {{ segment_experiments.is_neighbour('assignments.experiment_id', 'assignments.assigned_at') }}

),

{% endif -%}
final as (

    select
        experiment_id,
        user_key,
        user_key as assigned_user_key,
        variant,
        analysed_from
    from assignments
    where {{ segment_experiments.is_computed('experiment_id', 'assigned_at') }}
    {%- if not segment_experiments.computes_all_experiments() %}

    union all

    select
        experiment_id,
        user_key,
        assigned_user_key,
        variant,
        analysed_from
    from neighbours
    where choice = 1
    {%- endif %}

)

select * from final
