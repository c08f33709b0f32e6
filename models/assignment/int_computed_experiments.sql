{#-
    Written when everything else is done, and only by a run that did everything; see
    int_experiments_to_compute.
-#}
{{ config(
    materialized='incremental_if_changed',
    incremental_strategy=segment_experiments.insert_strategy(),
    on_schema_change='sync_all_columns',
    pre_hook='{{ segment_experiments.forget_notes_of_gone_experiments() }}'
) }}
{%- do segment_experiments.refer_to_kept_models() -%}
{%- set arrivals = ref('segment_experiments', 'int_arrivals') -%}
{%- set state = segment_experiments.run_state(arrivals) -%}
{%- set models = segment_experiments.kept_models_of_run(of_experiments=true) if execute else [] -%}
-- noqa: disable=LT05

with times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

computed as (

    select * from {{ ref('segment_experiments', 'int_experiments_to_compute') }}

),

final as (

    select
        computed.experiment_id,
        computed.fingerprint,
        {{ segment_experiments.string_literal(models | join(', ')) }} as models,
        times.as_of
    from computed
    inner join times on computed.experiment_id = times.experiment_id
    where {{ 'true' if state == 'complete' else 'false' }}

)

select * from final
