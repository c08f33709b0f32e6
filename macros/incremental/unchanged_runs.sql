{#-
    A run in which nothing arrived and nothing changed leaves every table as it is. dbt has no way to end a run
    early, so the tables of this package have materializations of their own, which ask before they build.

    What a run is made from besides the raw rows is a digest: settings, models, version. A run in which everything
    succeeded notes it at its end; a run takes the note away at its start, so whoever dies, fails or
    builds a part leaves none.
-#}

{% materialization table_if_changed, default %}
    {{ return(segment_experiments.build_if_changed('table')) }}
{% endmaterialization %}

{% materialization incremental_if_changed, default %}
    {{ return(segment_experiments.build_if_changed('incremental')) }}
{% endmaterialization %}


{#-
    Builds the calling model as dbt does, unless nothing has changed.

    Arguments: materialization (string), of dbt or of the adapter: 'table' or 'incremental'.
    Returns: dict with the relations, as of a materialization.
-#}
{% macro build_if_changed(materialization) %}
    {% if segment_experiments.is_idle() %}
        {% do store_raw_result(name='main', message='UNCHANGED', code='UNCHANGED', rows_affected='0') %}
        {{ return({'relations': [load_cached_relation(this)]}) }}
    {% endif %}
    {% if materialization == 'incremental' and segment_experiments.adds_rows_only() %}
        {{ return(segment_experiments.insert_rows()) }}
    {% endif %}
    {% for adapter_type in [target.type, 'default']
        if 'materialization_' ~ materialization ~ '_' ~ adapter_type in context %}
        {{ return(context['materialization_' ~ materialization ~ '_' ~ adapter_type]()) }}
    {% endfor %}
{% endmacro %}


{#-
    Whether the calling model adds rows to a table that has its columns: they follow from the settings, and with
    others everything is computed again.

    Returns: boolean.
-#}
{% macro adds_rows_only() %}
    {{ return(
        segment_experiments.inserts_directly() and segment_experiments.adds_to_table()
        and 'model.segment_experiments.int_arrivals' in selected_resources and segment_experiments.is_increment()
    ) }}
{% endmacro %}


{#-
    Adds the rows of the calling model to its table. dbt would write them into a table of their own first, to
    compare the columns, and read them again.

    Returns: dict with the relations, as of a materialization.
-#}
{% macro insert_rows() %}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks, inside_transaction=true) }}
    {% set columns = adapter.get_columns_in_relation(this) %}
    {% call statement('main') %}
        {{ segment_experiments.insert_of_rows(columns) }}
    {% endcall %}
    {{ run_hooks(post_hooks, inside_transaction=true) }}
    {% do apply_grants(this, config.get('grants'), should_revoke=should_revoke(this, false)) %}
    {% do persist_docs(this, model) %}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({'relations': [this.incorporate(type='table')]}) }}
{% endmacro %}


{#- Whether this run leaves the tables as they are; known from int_arrivals on. Returns: boolean. -#}
{% macro is_idle() %}
    {{ return(segment_experiments.kept_answers().get('is_idle', false)) }}
{% endmacro %}


{#-
    Whether the calling model adds to a table that is there: is_incremental() of dbt, which knows only the
    materialization of that name.

    Returns: boolean.
-#}
{% macro adds_to_table() %}
    {% if not execute or model.config.materialized != 'incremental_if_changed' or should_full_refresh() %}
        {{ return(false) }}
    {% endif %}
    {% set relation = load_cached_relation(this) %}
    {{ return(relation is not none and relation.type == 'table') }}
{% endmacro %}


{#- Release of this package, as in dbt_project.yml, which no macro can read. Returns: string. -#}
{% macro package_version() %}
    {{ return('0.1.0') }}
{% endmacro %}


{#- The models of this package that this run builds. Returns: list of nodes, by id. -#}
{% macro models_of_run() %}
    {% set nodes = [] %}
    {% for node in graph.nodes.values()
        if node.resource_type == 'model' and node.package_name == 'segment_experiments'
        and node.unique_id in selected_resources %}
        {% do nodes.append(node) %}
    {% endfor %}
    {{ return(nodes | sort(attribute='unique_id')) }}
{% endmacro %}


{#- Digest of all that this run is made from, but for what the warehouse holds. Returns: string. -#}
{% macro run_digest() %}
    {% set parts = [dbt_version, segment_experiments.package_version(), segment_experiments.is_demo()] %}
    {% for name in segment_experiments.setting_rules() | sort %}
        {% do parts.append([name, segment_experiments.setting(name)]) %}
    {% endfor %}
    {% for node in segment_experiments.models_of_run() %}
        {% do parts.append([node.relation_name, node.checksum, node.config, node.description, node.columns]) %}
    {% endfor %}
    {{ return(local_md5(tojson(parts, sort_keys=true))) }}
{% endmacro %}


{#-
    Whether nothing arrived and nothing changed since a run that built the same and succeeded.

    Arguments: work (dict), as of pending_work().
    Returns: boolean.
-#}
{% macro is_unchanged(work) %}
    {% if not work.is_increment or flags.FULL_REFRESH or work.days or work.renewed or work.has_other_starts
        or work.has_new_columns or work.has_other_registry
        or segment_experiments.kept_answers().get('finished as') != segment_experiments.run_digest() %}
        {{ return(false) }}
    {% endif %}
    {% for node in segment_experiments.models_of_run() if node.config.materialized != 'ephemeral'
        and node.unique_id != model.unique_id and segment_experiments.existing_relation(node.name) is none %}
        {{ return(false) }}
    {% endfor %}
    {{ return(true) }}
{% endmacro %}


{#-
    Drops the tables in whose place models of this run are views now: BigQuery, as dbt drives it, makes no view
    where a table is.
-#}
{% macro make_room_for_views() %}
    {% for node in segment_experiments.models_of_run() if node.config.materialized == 'view' %}
        {% set former = segment_experiments.existing_relation(node.name) %}
        {% if former is not none and former.is_table %}
            {% do adapter.drop_relation(former) %}
            {% do adapter.commit() %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{#-
    At the start of a run that builds models of this package: remembers how the last one finished, and takes its
    note away.
-#}
{% macro begin_run() %}
    {% if execute %}
        {% do segment_experiments.make_room_for_views() %}
    {% endif %}
    {% set processed = segment_experiments.existing_relation('int_processed_arrivals') %}
    {% if processed is not none and segment_experiments.models_of_run() %}
        {% for digest in run_query(
            "select name from " ~ processed ~ " where kind = 'finished'"
        ).columns[0].values() %}
            {% do segment_experiments.kept_answers().update({'finished as': digest}) %}
        {% endfor %}
        {% if segment_experiments.kept_answers().get('finished as') %}
            {% do segment_experiments.write_note("delete from " ~ processed ~ " where kind = 'finished'") %}
        {% endif %}
    {% endif %}
{% endmacro %}


{#-
    The models of this package that a run did not build.

    Arguments: results (list of results, as dbt gives them to on-run-end).
    Returns: list of names.
-#}
{% macro failed_models(results) %}
    {% set failed = [] %}
    {% for result in results if result.node.package_name == 'segment_experiments'
        and result.node.resource_type == 'model' and result.node.config.materialized != 'ephemeral'
        and result.status != 'success' %}
        {% do failed.append(result.node.name) %}
    {% endfor %}
    {{ return(failed) }}
{% endmacro %}


{#-
    At the end of a run: notes what it was made from, when it built everything and all went well.

    Arguments: results (list of results, as dbt gives them to on-run-end).
-#}
{% macro finish_run(results) %}
    {% set processed = segment_experiments.existing_relation('int_processed_arrivals') %}
    {% if processed is not none and segment_experiments.models_of_run()
        and not segment_experiments.failed_models(results) %}
        {% do segment_experiments.write_note(
            "insert into " ~ processed ~ " (kind, raw_table, name, row_count, checksum) select 'finished', '', '"
            ~ segment_experiments.run_digest() ~ "', 1, 0 from " ~ processed
            ~ " where kind = 'run' and name = '" ~ invocation_id ~ "'"
        ) %}
    {% endif %}
{% endmacro %}


{#- Runs a statement outside of a model. Arguments: sql (SQL). -#}
{% macro write_note(sql) %}
    {% call statement('note') %}{{ sql }}{% endcall %}
    {#- No model is here to end the transaction. -#}
    {% do adapter.commit() %}
{% endmacro %}
