{#-
    Rows of the user's own models can be changed in place: an order is refunded, a customer merged. Their days
    are replaced as a whole; but whom an old row showed is a minimum over all time, which has to be put together
    anew. The rows that were read of the days to read again are compared with what is there now, which are few,
    unless the model has no arrival column: then all of it is read in any case.
-#}

{#-
    The work of a run when changed rows of models are taken into account. It is known from here on, because
    the query of the models' rows asks for it.

    Arguments: work (dict), as of pending_work().
    Returns: dict, as of pending_work().
-#}
{% macro work_on_models(work) %}
    {% if not work.is_increment or flags.FULL_REFRESH %}
        {{ return(work) }}
    {% endif %}
    {% do segment_experiments.kept_answers().update({'work': work}) %}
    {% set changed = [] %}
    {% for staging, raw_table, fields in segment_experiments.staged_models() %}
        {% set name = segment_experiments.raw_table_name(raw_table) %}
        {% set days = work.days.get(name, []) %}
        {% set staged = segment_experiments.existing_relation(staging) %}
        {% if days and staged is not none and name not in work.renewed + changed and run_query(
            segment_experiments.changed_rows_sql(staged, raw_table, fields, {name: days})
        ).columns[0].values()[0] | int > 0 %}
            {% do changed.append(name) %}
        {% endif %}
    {% endfor %}
    {{ return(dict(work, renewed=(work.renewed + changed) | unique | sort | list)) }}
{% endmacro %}


{#-
    The models that metrics, funnels and activity read.

    Returns: list of [staging model, {model}, fields as of staging_rows()].
-#}
{% macro staged_models() %}
    {% set found = [] %}
    {% for group in segment_experiments.measures_by_source() if group.source.model %}
        {% do found.append([
            'stg_segment__metric_events', group.source, segment_experiments.measure_fields(group)
        ]) %}
    {% endfor %}
    {% for source in segment_experiments.activity_sources() if source.model %}
        {% do found.append([
            'stg_segment__activity', source, segment_experiments.text_fields(
                segment_experiments.raw_columns(source), segment_experiments.activity_texts()
            )
        ]) %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{#-
    Query of how many rows were read of a model that are no longer there as they were.

    Arguments: staged (Relation); raw_table (dict), fields (list), as of staging_rows(); days (dict raw
    table -> list of days).
-#}
{% macro changed_rows_sql(staged, raw_table, fields, days) %}
    select count(*) as changed_rows
    from (
        select distinct content_digest from {{ staged }}
        where {{ segment_experiments.is_of_days(days) }}
    ) as known
    left join (
        select distinct content_digest
        from (
            {{ segment_experiments.staging_rows(raw_table, fields) }}
        ) as present_rows
    ) as present on known.content_digest = present.content_digest
    where present.content_digest is null
{% endmacro %}
