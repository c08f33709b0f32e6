{#-
    Query of the moment that `dbt source freshness` judges: of the newest exposure event, or of the newest
    message of the source that has been silent for longest. The log names the newest message of each.

    Of a table that BigQuery partitions by the load only the last 30 days are read; what is older is as old as
    these. Where no table exists (yet), nothing can be late.

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
            {% set is_cut = segment_experiments.is_partitioned_by_load_time(raw_table) %}
            {% set newest = 'max(' ~ segment_experiments.first_column_as_timestamp(
                columns, segment_experiments.receipt_columns()
            ) ~ ')' %}
            {% do queries.append(
                'select ' ~ segment_experiments.string_literal(segment_experiments.source_of(raw_table).name)
                ~ ' as source, ' ~ ('coalesce(' ~ newest ~ ', ' ~ since ~ ')' if is_cut else newest)
                ~ ' as arrived_at from ' ~ segment_experiments.raw_relation_name(raw_table) ~ ' as raw_rows'
                ~ (' where raw_rows._PARTITIONTIME >= ' ~ since if is_cut else '')
            ) %}
        {% endif %}
    {% endfor %}
    {% if not queries %}
        {{ return('select ' ~ dbt.current_timestamp()) }}
    {% endif %}
    {% set newest = 'select source, max(arrived_at) as arrived_at from ('
        ~ queries | join(' union all ') ~ ') as tables group by source' %}
    {% for source, arrived_at in run_query(newest ~ ' order by source') %}
        {% do log(
            'segment_experiments: the newest '
            ~ ('message' if is_by_source else 'exposure event') ~ ' of the source ' ~ source ~ ' arrived '
            ~ segment_experiments.time_since(arrived_at) ~ '.',
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
