{#-
    Query of the experiments of users who are suppressed now and were not at the last finished run, or the
    other way round. Their messages are looked for only when there are such users.

    A note is a digest of the user key, so that no id of a suppressed person is left there. The key is an
    identifier itself, by which the user is found when it has become another one.

    Returns: SQL of a query with experiment_id.
-#}
{% macro experiments_of_suppression_changes() -%}
    {%- do ref('segment_experiments', 'int_suppressed_identifiers') -%}
    {%- do ref('segment_experiments', 'int_identities') -%}
    {%- do ref('segment_experiments', 'stg_segment__exposure_messages') -%}
    {%- do ref('segment_experiments', 'stg_segment__experiment_traits') -%}
    {%- set changes = segment_experiments.suppression_changes_sql() -%}
    {%- set kept = segment_experiments.existing_relation('experiment_assignments') -%}
    {%- if kept is none or not segment_experiments.has_suppression_changes() -%}
    select cast(null as {{ segment_experiments.type_text() }}) as experiment_id
    {%- else -%}
    with changes as (
        {{ changes }}
    ),

    users as (

        select distinct identities.user_key
        from {{ ref('segment_experiments', 'int_identities') }} as identities
        inner join changes on {{ dbt.hash('identities.identifier') }} = changes.user_digest

    ),

    identities as (

        select identities.*
        from {{ ref('segment_experiments', 'int_identities') }} as identities
        inner join users on identities.user_key = users.user_key

    )

    {% for model in ['stg_segment__exposure_messages', 'stg_segment__experiment_traits'] %}
    select messages.experiment_id
    from {{ ref('segment_experiments', model) }} as messages
    inner join identities
        on {{ segment_experiments.identity_join('messages', 'identities') }}

    union distinct
    {% endfor %}
    -- A settled experiment has the user keys of its time.
    select assignments.experiment_id
    from {{ kept }} as assignments
    inner join identities on assignments.user_key = identities.identifier
    {%- endif -%}
{%- endmacro %}


{#-
    Query of the users of experiments_of_suppression_changes().

    Returns: SQL of a query with user_digest.
-#}
{% macro suppression_changes_sql() %}
    {%- set suppressed = ref('segment_experiments', 'int_suppressed_identifiers') %}
    {%- set processed = segment_experiments.existing_relation('int_processed_arrivals') %}
    select coalesce(suppressed.user_digest, known.name) as user_digest
    from (select distinct {{ dbt.hash('user_key') }} as user_digest from {{ suppressed }}) as suppressed
    full outer join (
        select name from {{ processed or ref('segment_experiments', 'int_arrivals') }}
        where kind = 'suppressed'
    ) as known on suppressed.user_digest = known.name
    where
        suppressed.user_digest is null
        or known.name is null
{% endmacro %}


{#-
    Whether somebody is suppressed now who was not at the last finished run, or the other way round.

    Returns: boolean; false while dbt parses.
-#}
{% macro has_suppression_changes() %}
    {% if not execute %}
        {{ return(false) }}
    {% endif %}
    {% set kept = segment_experiments.kept_answers() %}
    {% if 'has_suppression_changes' not in kept %}
        {% do kept.update({'has_suppression_changes': run_query(
            'select count(*) as changes from (' ~ segment_experiments.suppression_changes_sql() ~ ') as changes'
        ).columns[0].values()[0] | int > 0}) %}
    {% endif %}
    {{ return(kept.has_suppression_changes) }}
{% endmacro %}


{#-
    Empties the tables of failures that the data tests of this package have stored, when the list of the
    suppressed has changed: they were stored before, with examples of messages. The next `dbt test` fills them.
-#}
{% macro forget_stored_failures() %}
    {% if segment_experiments.has_suppression_changes() %}
        {% for node in graph.nodes.values()
            if node.resource_type == 'test' and node.package_name == 'segment_experiments'
            and node.config.store_failures %}
            {% set stored = adapter.get_relation(
                database=node.database, schema=node.schema, identifier=node.alias
            ) %}
            {% if stored is not none and not stored.is_view %}
                {% do run_query('delete from ' ~ stored ~ ' where true') %}
            {% endif %}
        {% endfor %}
    {% endif %}
{% endmacro %}
