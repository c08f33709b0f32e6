{#-
    Query of the moment that `dbt source freshness` judges: of the newest exposure event, or of the newest
    message of the source that has been silent for longest. The log names the newest message of each.

    Only the last days are read; what is older is as old as these. Where no table exists (yet), nothing can be
    late.

    Arguments: tables (list of dicts, as of raw_tables_of()); is_by_source (boolean), whether each source has to
    send.
    Returns: SQL of a query with one timestamp.
-#}
{% macro newest_arrival_sql(tables, is_by_source) %}
    {% set now = modules.datetime.datetime.now(modules.pytz.utc).replace(tzinfo=none) %}
    {% set since = segment_experiments.timestamp_literal(
        (now - modules.datetime.timedelta(days=30)).strftime('%Y-%m-%d %H:%M:%S')
    ) %}
    {% set queries = [] %}
    {% for raw_table in tables if raw_table.event %}
        {% set columns = segment_experiments.raw_columns(raw_table) %}
        {% if columns %}
            {% set arrived_at = segment_experiments.arrived_at(raw_table, columns) %}
            {% set received_at = segment_experiments.first_column_as_timestamp(
                columns, segment_experiments.receipt_columns()
            ) %}
            {% do queries.append(
                "select '" ~ segment_experiments.source_of(raw_table).name ~ "' as source, coalesce(max("
                ~ received_at ~ '), ' ~ since ~ ') as arrived_at from '
                ~ segment_experiments.raw_relation_name(raw_table) ~ ' as raw_rows where ' ~ arrived_at
                ~ ' is null or ' ~ arrived_at ~ ' >= ' ~ since
            ) %}
        {% endif %}
    {% endfor %}
    {% if not queries %}
        {{ return('select ' ~ dbt.current_timestamp()) }}
    {% endif %}
    {% set newest = 'select source, max(arrived_at) as arrived_at from ('
        ~ queries | join(' union all ') ~ ') as tables group by source' %}
    {% for source, arrived_at in run_query(newest ~ ' order by source') %}
        {% set age = segment_experiments.time_since(arrived_at) %}
        {% do log(
            'segment_experiments: the newest '
            ~ ('message' if is_by_source else 'exposure event') ~ ' of the source ' ~ source ~ ' arrived '
            ~ (age if age != '30 days ago' else 'more than ' ~ age) ~ '.',
            info=true
        ) %}
    {% endfor %}
    {{ return(
        'select ' ~ ('min' if is_by_source else 'max') ~ '(arrived_at) from (' ~ newest ~ ') as sources'
    ) }}
{% endmacro %}


{#- newest_arrival_sql() of the tables of the setting `exposure_events`. -#}
{% macro newest_exposure_sql() %}
    {{ return(segment_experiments.newest_arrival_sql(
        segment_experiments.exposure_events() | map(attribute='raw_tables') | sum(start=[]), false
    )) }}
{% endmacro %}


{#- newest_arrival_sql() of all tables that the settings read. -#}
{% macro newest_message_sql() %}
    {{ return(segment_experiments.newest_arrival_sql(segment_experiments.raw_tables(), true)) }}
{% endmacro %}
