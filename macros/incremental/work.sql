{#-
    What this run has to read, from the tables int_arrivals (what is there now) and int_processed_arrivals
    (what the state already contains).

    A run reads the days whose number of raw rows has changed, and replaces what was read of them before.
    Everything is read and computed again when that cannot give the right answer: a setting changed, a source
    lies elsewhere, a table of the project is missing, or two runs overlapped.

    The models are asked for it many times, and what int_arrivals found holds for the whole run: it is
    looked up once, when int_arrivals is written (note_begun_work()).

    Returns: dict with
        is_increment (boolean): false when everything is read again;
        reason (string or null): why, in words;
        days (dict): raw table -> list of arrival days ('YYYY-MM-DD') to read;
        expired_days (dict): the same of days that are gone as a whole, of which the state is kept;
        renewed (list of origins, identity_origin()): where rows that were read before may be gone;
        has_other_starts (boolean): the registry says other starts of experiments.
-#}
{% macro work() %}
    {% if not execute or flags.FULL_REFRESH or model.resource_type == 'unit_test' %}
        {{ return(segment_experiments.everything_again()) }}
    {% endif %}
    {{ return(segment_experiments.kept_answers().get('work') or segment_experiments.pending_work()) }}
{% endmacro %}


{#-
    The work of a run that reads everything.

    Arguments: reason (string or none); expired_days (dict or none). Returns: as of work().
-#}
{% macro everything_again(reason=none, expired_days=none) %}
    {{ return({
        'is_increment': false, 'reason': reason, 'days': {}, 'expired_days': expired_days or {}, 'renewed': [],
        'has_other_starts': true
    }) }}
{% endmacro %}


{#-
    As work(), whether the run was asked to compute everything or not; where it adds to what is there, with
    has_new_columns (boolean), whether a raw table has columns that the last finished run did not know, and
    has_other_registry (boolean), whether the registry or the list of the suppressed has other rows.

    Arguments: arrivals (Relation or none), int_arrivals, where dbt does not know yet that it is there.
-#}
{% macro pending_work(arrivals=none) %}
    {% set arrivals = arrivals or segment_experiments.existing_relation('int_arrivals') %}
    {% set processed = segment_experiments.existing_relation('int_processed_arrivals') %}
    {% if arrivals is none or processed is none %}
        {{ return(segment_experiments.everything_again('no run has been finished yet')) }}
    {% endif %}
    {% set found = {'rows': {}, 'changed rows': {}, 'expired': {}} %}
    {% set reasons = [] %}
    {% set wider_tables = [] %}
    {% set other_tables = [] %}
    {% set starts = [] %}
    {% set other_registries = [] %}
    {#- By position: Snowflake gives the names of columns in upper case. -#}
    {% for kind, raw_table, name, name_before in run_query(
        segment_experiments.pending_arrivals_sql(arrivals, processed)
    ) %}
        {% if kind in found %}
            {% set table_days = found[kind].setdefault(raw_table, []) %}
            {% if name not in table_days %}
                {% do table_days.append(name) %}
            {% endif %}
        {% elif kind == 'columns' %}
            {% do wider_tables.append(raw_table) %}
            {% if name_before.split(', ') | reject('in', name.split(', ')) | list %}
                {% do other_tables.append(raw_table) %}
            {% endif %}
        {% elif kind == 'experiment' %}
            {% do starts.append(name) %}
        {% elif kind == 'registry' %}
            {% do other_registries.append(raw_table) %}
        {% else %}
            {% do reasons.append(segment_experiments.reason_in_words(kind, raw_table, name)) %}
        {% endif %}
    {% endfor %}
    {% if reasons %}
        {{ return(segment_experiments.everything_again(
            reasons | unique | sort | join('; '), found.expired
        )) }}
    {% endif %}
    {% set days = segment_experiments.united_days(found.rows, found['changed rows']) %}
    {% set known_days = run_query(
        "select raw_table, name from " ~ arrivals ~ " where kind = 'rows' order by raw_table, name"
    ) if days or other_tables else [] %}
    {% set all_days = segment_experiments.united_days(
        days, segment_experiments.days_of_tables(known_days, other_tables)
    ) %}
    {% set origins = [] %}
    {% for raw_table in found['changed rows'].keys() | list + other_tables %}
        {% do origins.append(segment_experiments.identity_origin(raw_table)) %}
    {% endfor %}
    {{ return({
        'is_increment': true, 'reason': none, 'days': segment_experiments.with_days_of_copies(all_days, known_days),
        'expired_days': found.expired, 'renewed': origins | unique | sort | list,
        'has_other_starts': starts | length > 0, 'has_new_columns': wider_tables | length > 0,
        'has_other_registry': other_registries | length > 0
    }) }}
{% endmacro %}


{#-
    Days of two dicts together.

    Arguments: days, others (dicts), raw table -> list of 'YYYY-MM-DD'.
    Returns: dict of the same form, a new one.
-#}
{% macro united_days(days, others) %}
    {% set united = {} %}
    {% for raw_table in (days.keys() | list + others.keys() | list) | unique | sort %}
        {% do united.update({
            raw_table: (days.get(raw_table, []) + others.get(raw_table, [])) | unique | sort | list
        }) %}
    {% endfor %}
    {{ return(united) }}
{% endmacro %}


{#-
    All days of some raw tables.

    Arguments: known_days (list of [raw table, day]); raw_tables (list of strings).
    Returns: dict, raw table -> list of 'YYYY-MM-DD'.
-#}
{% macro days_of_tables(known_days, raw_tables) %}
    {% set days = {} %}
    {% for raw_table, name in known_days if raw_table in raw_tables %}
        {% do days.setdefault(raw_table, []).append(name) %}
    {% endfor %}
    {{ return(days) }}
{% endmacro %}


{#-
    Days to read, and the days after them on which copies of their messages can have arrived. When a day
    changes, a later delivery can become a copy, or stop being one.

    Arguments: days (dict), raw table -> list of 'YYYY-MM-DD'; known_days (list of [raw table, day]), all that
    there are.
    Returns: dict of the same form.
-#}
{% macro with_days_of_copies(days, known_days) %}
    {% set redelivery_days = segment_experiments.setting('redelivery_days') %}
    {% set later_days = {} %}
    {% for raw_table, name in known_days if name not in days.get(raw_table, []) %}
        {% set before = days.get(raw_table, []) | select('lt', name) | list %}
        {% if before and (
            redelivery_days is none or name <= segment_experiments.day_after(before | max, redelivery_days)
        ) %}
            {% do later_days.setdefault(raw_table, []).append(name) %}
        {% endif %}
    {% endfor %}
    {{ return(segment_experiments.united_days(days, later_days)) }}
{% endmacro %}


{#-
    Why everything is read again, for the one who reads the log.

    Arguments: kind, raw_table, name (strings), of a row of pending_arrivals_sql().
    Returns: string.
-#}
{% macro reason_in_words(kind, raw_table, name) %}
    {{ return({
        'setting changed:': 'a setting is new or another',
        'source changed:': 'a source of Segment is gone or lies elsewhere',
        'missing changed:': 'a table of this project is missing, or was left out before: ' ~ name,
        'overlap changed:': 'a run did not finish, or two ran at a time',
    }.get(kind, kind ~ ' ' ~ raw_table)) }}
{% endmacro %}


{#- Whether this run adds to what is there; see work(). -#}
{% macro is_increment() %}
    {{ return(segment_experiments.work().is_increment) }}
{% endmacro %}


{#- Whether anything arrived, or went, since the last finished run. -#}
{% macro has_news() %}
    {% set work = segment_experiments.work() %}
    {{ return(not work.is_increment or work.days | length > 0 or work.renewed | length > 0) }}
{% endmacro %}


{#-
    Query of what differs between now and the last finished run, a row of a kind for each:

        rows            a day to read that has more rows than before
        changed rows    a day to read of which rows that were read may be gone
        expired         a day that is gone as a whole and is kept: the oldest days expire, but where none is left that
                        was known, the table was loaded anew, unless it is empty
        columns         a table with other columns
        experiment      another start in the registry
        registry        a list of the registry, or of the suppressed, with other rows
        any other       a reason to read everything again

    What a run has read that did not finish is compared, too: rows may have been taken back since.

    Arguments: arrivals, processed (Relations or names), int_arrivals and int_processed_arrivals.
-#}
{% macro pending_arrivals_sql(arrivals, processed) %}
    select
        case
            when arrivals.kind in ('always', 'filled') then 'rows'
            when arrivals.kind = 'columns' and processed.kind = 'columns' then 'columns'
            when arrivals.kind = 'rows' and processed.row_count is null then 'rows'
            when arrivals.kind = 'rows' and arrivals.row_count > processed.row_count then 'rows'
            when arrivals.kind = 'rows' then 'changed rows'
            {%- if segment_experiments.setting('keep_expired_days') %}
            when
                processed.kind = 'rows'
                and processed.name <> '{{ segment_experiments.unknown_arrival_day() }}'
                and (tables.days = 0 or processed.name < tables.first_known_day)
                then 'expired'
            {%- endif %}
            when processed.kind in ('rows', 'columns') then 'changed rows'
            when coalesce(arrivals.kind, processed.kind) in ('experiment', 'registry')
                then coalesce(arrivals.kind, processed.kind)
            else coalesce(arrivals.kind, processed.kind) || ' changed:'
        end as kind,
        coalesce(arrivals.raw_table, processed.raw_table) as raw_table,
        case
            when arrivals.kind is null and processed.kind = 'columns'
                then '{{ segment_experiments.unknown_arrival_day() }}'
            else coalesce(arrivals.name, processed.name)
        end as name,
        processed.name as name_before
    from (select * from {{ arrivals }} where kind not in ('run', 'model')) as arrivals
    full outer join (
        select * from {{ processed }}
        where
            kind in ('rows', 'columns', 'source', 'experiment', 'registry', 'setting', 'overlap')
            and name <> '{{ segment_experiments.begun_mark() }}'
    ) as processed
        on
            arrivals.kind = processed.kind
            and arrivals.raw_table = processed.raw_table
            and case when arrivals.kind = 'columns' then '' else arrivals.name end
                = case when processed.kind = 'columns' then '' else processed.name end
    left join (
        select
            columns_of_tables.raw_table,
            count(days.name) as days,
            min(known.name) as first_known_day
        from {{ arrivals }} as columns_of_tables
        left join {{ arrivals }} as days
            on
                days.kind = 'rows'
                and columns_of_tables.raw_table = days.raw_table
        left join {{ processed }} as known
            on
                known.kind = 'rows'
                and days.raw_table = known.raw_table
                and days.name = known.name
                and known.name <> '{{ segment_experiments.unknown_arrival_day() }}'
        where columns_of_tables.kind = 'columns'
        group by columns_of_tables.raw_table
    ) as tables on processed.raw_table = tables.raw_table
    where
        arrivals.kind is null
        or (processed.kind is null and arrivals.kind not in ('columns', 'source'))
        or arrivals.name <> processed.name
        or arrivals.row_count <> processed.row_count
        or arrivals.checksum <> processed.checksum
        or arrivals.kind = 'overlap'

    union all

    select
        'changed rows' as kind,
        begun.raw_table,
        begun.name,
        '' as name_before
    from (select * from {{ processed }} where kind = 'begun') as begun
    left join (select * from {{ arrivals }} where kind = 'rows') as arrivals
        on
            begun.raw_table = arrivals.raw_table
            and begun.name = arrivals.name
    left join (select * from {{ processed }} where kind = 'rows') as finished
        on
            begun.raw_table = finished.raw_table
            and begun.name = finished.name
    where
        (arrivals.name is null and finished.name is null)
        or arrivals.row_count < begun.row_count
        or (arrivals.row_count = begun.row_count and arrivals.checksum <> begun.checksum)

    union all

    -- More rows have something in a new column than there are new rows.
    select
        'changed rows' as kind,
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
        and node.config.materialized == 'incremental_if_changed' %}
        {% do nodes.append(node) %}
    {% endfor %}
    {{ return(nodes | sort(attribute='name')) }}
{% endmacro %}
