{#-
    What this run has to do, from the tables int_arrivals (what is there now) and
    int_processed_arrivals (what the marts already contain).

    A run reads the days whose number of raw rows has changed, and computes again the users whom the
    rows of these days concern. Everything is computed again when that cannot give the right answer:
    a setting or the registry changed, rows or columns went away, a table of the project is missing,
    or two runs overlapped.

    The models are asked for it many times, and what int_arrivals found holds for the whole run: it is
    looked up once, when int_arrivals is written (note_begun_work()).

    Returns: dict with
        is_increment (boolean): false when everything is computed again;
        reason (string or null): why, in words;
        days (dict): raw table -> list of arrival days ('YYYY-MM-DD') to read.
-#}
{% macro work() %}
    {% if not execute or flags.FULL_REFRESH or model.resource_type == 'unit_test' %}
        {{ return(segment_experiments.everything_again()) }}
    {% endif %}
    {{ return(segment_experiments.kept_answers().get('work') or segment_experiments.pending_work()) }}
{% endmacro %}


{#- The work of a run that computes everything. Arguments: reason (string or none). Returns: as of work(). -#}
{% macro everything_again(reason=none) %}
    {{ return({'is_increment': false, 'reason': reason, 'days': {}}) }}
{% endmacro %}


{#-
    As work(), whether the run was asked to compute everything or not; where it adds to what is there, with
    has_new_columns (boolean), whether a raw table has columns that the last finished run did not know.
-#}
{% macro pending_work() %}
    {% set arrivals = segment_experiments.existing_relation('int_arrivals') %}
    {% set processed = segment_experiments.existing_relation('int_processed_arrivals') %}
    {% if arrivals is none or processed is none %}
        {{ return(segment_experiments.everything_again('no run has been finished yet')) }}
    {% endif %}
    {% set days = {} %}
    {% set reasons = [] %}
    {% set wider_tables = [] %}
    {#- By position: Snowflake gives the names of columns in upper case. -#}
    {% for kind, raw_table, name, name_before in run_query(
        segment_experiments.pending_arrivals_sql(arrivals, processed)
    ) %}
        {% if kind == 'rows' %}
            {% set table_days = days.setdefault(raw_table, []) %}
            {% if name not in table_days %}
                {% do table_days.append(name) %}
            {% endif %}
        {% elif kind == 'columns' %}
            {% do wider_tables.append(raw_table) %}
            {% set columns = name.split(', ') %}
            {% for column in name_before.split(', ') if column not in columns %}
                {% do reasons.append('a column is gone or has another type: ' ~ raw_table ~ '.' ~ column) %}
            {% endfor %}
        {% else %}
            {% do reasons.append(segment_experiments.reason_in_words(kind, raw_table, name)) %}
        {% endif %}
    {% endfor %}
    {% if reasons %}
        {{ return(segment_experiments.everything_again(reasons | unique | sort | join('; '))) }}
    {% endif %}
    {% set days = segment_experiments.with_days_of_copies(days, arrivals) %}
    {{ return({
        'is_increment': true, 'reason': none, 'days': days, 'has_new_columns': wider_tables | length > 0
    }) }}
{% endmacro %}


{#-
    Days to read, and the days after them on which copies of their messages can have arrived. When a day
    changes, a later delivery can become a copy, or stop being one.

    Arguments: days (dict), raw table -> list of 'YYYY-MM-DD'; arrivals (Relation), int_arrivals.
    Returns: dict of the same form.
-#}
{% macro with_days_of_copies(days, arrivals) %}
    {% set redelivery_days = segment_experiments.setting('redelivery_days') %}
    {% set all_days = {} %}
    {% for raw_table, names in days.items() %}
        {% do all_days.update({raw_table: names[:]}) %}
    {% endfor %}
    {% set known_days = run_query(
        "select raw_table, name from " ~ arrivals ~ " where kind = 'rows' order by raw_table, name"
    ) if days else [] %}
    {% for raw_table, name in known_days if name not in days.get(raw_table, []) %}
        {% set before = days.get(raw_table, []) | select('lt', name) | list %}
        {% if before and (
            redelivery_days is none or name <= segment_experiments.day_after(before | max, redelivery_days)
        ) %}
            {% do all_days[raw_table].append(name) %}
        {% endif %}
    {% endfor %}
    {{ return(all_days) }}
{% endmacro %}


{#-
    Why everything is computed again, for the one who reads the log.

    Arguments: kind, raw_table, name (strings), of a row of pending_arrivals_sql().
    Returns: string, the same for all days of a table.
-#}
{% macro reason_in_words(kind, raw_table, name) %}
    {{ return({
        'rows changed:': 'rows went away or are others: ' ~ raw_table,
        'filled changed:': 'a new column was filled in rows that were there before: ' ~ raw_table,
        'columns changed:': 'a table is gone: ' ~ raw_table,
        'experiment changed:': 'experiments or their dates changed in the registry',
        'variant changed:': 'variants changed in the registry',
        'setting changed:': 'a setting is new or another',
        'source changed:': 'a source of Segment is gone or lies elsewhere',
        'missing changed:': 'a table of this project is missing: ' ~ name,
        'overlap changed:': 'a run did not finish, or two ran at a time',
    }.get(kind, kind ~ ' ' ~ raw_table)) }}
{% endmacro %}


{#- Whether this run adds to what is there; see work(). -#}
{% macro is_increment() %}
    {{ return(segment_experiments.work().is_increment) }}
{% endmacro %}


{#-
    Query of what differs between now and the last finished run: a row of kind `rows` for each day
    to read, and a row of another kind for each reason to compute everything again. Rows that a run
    has read that did not finish, and that are no longer there, are such a reason: nothing else tells
    whom they concerned.

    Arguments: arrivals, processed (Relations or names), int_arrivals and int_processed_arrivals.
-#}
{% macro pending_arrivals_sql(arrivals, processed) %}
    select
        case
            when arrivals.kind in ('always', 'filled') then 'rows'
            when arrivals.kind = 'columns' and processed.kind = 'columns' then 'columns'
            when arrivals.kind = 'rows' and processed.row_count is null then 'rows'
            when arrivals.kind = 'rows' and arrivals.row_count > processed.row_count then 'rows'
            else coalesce(arrivals.kind, processed.kind) || ' changed:'
        end as kind,
        coalesce(arrivals.raw_table, processed.raw_table) as raw_table,
        coalesce(arrivals.name, processed.name) as name,
        processed.name as name_before
    from (select * from {{ arrivals }} where kind <> 'run') as arrivals
    full outer join (
        select * from {{ processed }}
        where
            kind not in (
                'run', 'slug', 'name', 'as_of', 'suppressed', 'suppression', 'stray', 'strayed', 'begun'
            )
            and name <> '{{ segment_experiments.begun_mark() }}'
    ) as processed
        on
            arrivals.kind = processed.kind
            and arrivals.raw_table = processed.raw_table
            and case when arrivals.kind = 'columns' then '' else arrivals.name end
                = case when processed.kind = 'columns' then '' else processed.name end
    where
        arrivals.kind is null
        or (processed.kind is null and arrivals.kind not in ('columns', 'source'))
        or arrivals.name <> processed.name
        or arrivals.row_count <> processed.row_count
        or arrivals.checksum <> processed.checksum
        or arrivals.kind = 'overlap'

    union all

    select
        'rows are gone that an unfinished run had read:' as kind,
        begun.raw_table,
        begun.name,
        '' as name_before
    from (select * from {{ processed }} where kind = 'begun') as begun
    left join (select * from {{ arrivals }} where kind = 'rows') as arrivals
        on
            begun.raw_table = arrivals.raw_table
            and begun.name = arrivals.name
    where
        arrivals.name is null
        or arrivals.row_count < begun.row_count
        or (arrivals.row_count = begun.row_count and arrivals.checksum <> begun.checksum)

    union all

    -- More rows have something in a new column than there are new rows.
    select
        'filled changed:' as kind,
        filled.raw_table,
        filled.name,
        '' as name_before
    from (select * from {{ arrivals }} where kind = 'filled') as filled
    inner join (select * from {{ arrivals }} where kind = 'rows') as arrivals
        on
            filled.raw_table = arrivals.raw_table
            and filled.name = arrivals.name
    inner join (select * from {{ processed }} where kind = 'rows') as processed
        on
            filled.raw_table = processed.raw_table
            and filled.name = processed.name
    where filled.row_count > arrivals.row_count - processed.row_count

    union all

    select
        'other settings than those of int_arrivals' as kind,
        '' as raw_table,
        '' as name,
        '' as name_before
    from {{ arrivals }}
    where kind = 'setting' and name <> '{{ segment_experiments.settings_fingerprint() }}'
{% endmacro %}


{#-
    The time as of which the last finished run analysed.

    Arguments: processed (Relation), int_processed_arrivals.
    Returns: string, a UTC timestamp; 2010-01-01 when no message had arrived.
-#}
{% macro processed_as_of(processed) %}
    {% set times = run_query(
        "select name from " ~ processed ~ " where kind = 'as_of'"
    ).columns[0].values() %}
    {{ return(times[0] if times else '2010-01-01') }}
{% endmacro %}


{#-
    Condition that this run computes an experiment again, with constants by which the warehouse skips
    the rows of all others.

    Arguments: column (SQL, string), the experiment id.
    Returns: SQL, boolean; `true` in a run that computes everything.
-#}
{% macro is_changed_experiment(column) %}
    {% if not segment_experiments.is_increment() %}
        {{ return('true') }}
    {% endif %}
    {% set changes = segment_experiments.existing_relation('int_changed_experiments') %}
    {% if changes is none %}
        {{ return('true') }}
    {% endif %}
    {% set kept = segment_experiments.kept_answers() %}
    {% if 'changed_experiments' not in kept %}
        {% set ids = [] %}
        {% for id in run_query('select experiment_id from ' ~ changes).columns[0].values() %}
            {% do ids.append(segment_experiments.string_literal(id)) %}
        {% endfor %}
        {% do kept.update({'changed_experiments': ids | sort | join(', ')}) %}
    {% endif %}
    {% set literals = kept.changed_experiments %}
    {{ return(column ~ ' in (' ~ literals ~ ')' if literals else 'false') }}
{% endmacro %}


{#-
    A relation of this project when it exists, without a dependency on its model; none while dbt
    parses, and where its module is off. The two tables of arrivals in the layout of an earlier version count
    as none, so that everything is computed again.

    Arguments: name (string), of a model of this package.
    Returns: Relation or none.
-#}
{% macro existing_relation(name) %}
    {% if not execute %}
        {{ return(none) }}
    {% endif %}
    {% set node = graph.nodes.get('model.segment_experiments.' ~ name) %}
    {% if node is none %}
        {{ return(none) }}
    {% endif %}
    {% set relation = adapter.get_relation(
        database=node.database, schema=node.schema, identifier=node.alias
    ) %}
    {% if relation is none or name not in ['int_arrivals', 'int_processed_arrivals'] %}
        {{ return(relation) }}
    {% endif %}
    {#- What has this layout keeps it; what has not is made anew in this run. -#}
    {% set known = segment_experiments.kept_answers().setdefault('tables of arrivals', []) %}
    {% if name not in known %}
        {% set columns = adapter.get_columns_in_relation(relation) | map(attribute='name') | map('lower') | list %}
        {% if ['kind', 'raw_table', 'name', 'row_count', 'checksum'] | reject('in', columns) | list %}
            {{ return(none) }}
        {% endif %}
        {% do known.append(name) %}
    {% endif %}
    {{ return(relation) }}
{% endmacro %}


{#- The models of this package that add to what is there. Returns: list of nodes, by name. -#}
{% macro incremental_models() %}
    {% set nodes = [] %}
    {% for node in graph.nodes.values()
        if node.resource_type == 'model' and node.package_name == 'segment_experiments'
        and node.config.materialized == 'incremental' %}
        {% do nodes.append(node) %}
    {% endfor %}
    {{ return(nodes | sort(attribute='name')) }}
{% endmacro %}
