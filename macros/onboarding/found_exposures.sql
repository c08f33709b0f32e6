{#-
    The tables that look like assignment events: those with a column of an experiment and one of a
    variant, under the names that the settings say, or that some sender uses.

    Arguments: tables (dict, as of found_tables()).
    Returns: list of {table, sender (string or null), entry (as of exposure_events(), completed),
    assigned_at (the column, or null), rows, last_arrival, experiments (dict experiment id ->
    {variants (dict variant -> rows), first_seen_at})}.
-#}
{% macro found_exposures(tables) %}
    {% set exposures = [] %}
    {% set configured = {} %}
    {% for event in segment_experiments.exposure_events() %}
        {% do configured.update({event.table: event}) %}
    {% endfor %}
    {% for table, found in tables.items() if 'received_at' in found.columns %}
        {% set sender = segment_experiments.likely_sender(table, found.columns) %}
        {% set event = dict(segment_experiments.exposure_column_candidates(), ignore={}) %}
        {% do event.update(segment_experiments.exposure_event_presets().get(sender, {})) %}
        {% if table in configured %}
            {% do event.update(configured[table]) %}
        {% endif %}
        {% set is_base_table = table in [
            'aliases', 'groups', 'identifies', 'pages', 'screens', 'tracks', 'users'
        ] %}
        {% set has_both = segment_experiments.experiment_columns(event) | select('in', found.columns) | list
            and segment_experiments.variant_columns(event) | select('in', found.columns) | list %}
        {% if has_both and not is_base_table %}
            {% do exposures.append(dict(
                found,
                table=table,
                sender=sender,
                event=event,
                assigned_at=event.assigned_at | select('in', found.columns) | first,
                experiments=segment_experiments.counted_experiments(event, found.parts)
            )) %}
        {% endif %}
    {% endfor %}
    {{ return(exposures) }}
{% endmacro %}


{#-
    The preset that fits a table best: the one most of whose preferred columns exist.

    Arguments: table (string); columns (dict, as of raw_columns()).
    Returns: string, or null when no preset knows the table or its columns.
-#}
{% macro likely_sender(table, columns) %}
    {% set best = namespace(sender=none, score=0) %}
    {% for sender, preset in segment_experiments.exposure_event_presets().items() %}
        {% set ignored = preset.get('ignore', {}).keys() | list %}
        {% set variants = segment_experiments.variant_columns(preset) %}
        {% set preferred = segment_experiments.experiment_columns(preset)[:1] + variants[:1] + ignored %}
        {% set score = preferred | select('in', columns) | list | length %}
        {% set has_variant = variants | select('in', columns) | list | length > 0 %}
        {% if table in preset.tables and has_variant and score > best.score %}
            {% set best.sender = sender %}
            {% set best.score = score %}
        {% endif %}
    {% endfor %}
    {{ return(best.sender) }}
{% endmacro %}


{#-
    Arguments: event (dict, as of exposure_events()); parts (list, as of found_tables()).
    Returns: dict experiment id -> {variants (dict variant -> rows), first_seen_at}, the largest
    first, at most 200.
-#}
{% macro counted_experiments(event, parts) %}
    {% set queries = [] %}
    {% for part in parts %}
        {% do queries.append(
            'select '
            ~ segment_experiments.first_column_as_text(
                part.columns, segment_experiments.experiment_columns(event)
            ) ~ ' as experiment_id, '
            ~ segment_experiments.first_column_as_text(
                part.columns, segment_experiments.variant_columns(event)
            ) ~ ' as variant, '
            ~ segment_experiments.column_as_timestamp(part.columns, 'received_at') ~ ' as received_at from '
            ~ segment_experiments.raw_relation_name(part.raw_table) ~ ' as raw_rows where not '
            ~ segment_experiments.has_value(part.columns, event.ignore)
        ) %}
    {% endfor %}
    {% set rows = run_query(
        'select experiment_id, variant, count(*) as row_count, min(received_at) as first_seen_at from ('
        ~ queries | join(' union all ')
        ~ ') as exposures where experiment_id is not null and variant is not null'
        ~ ' group by experiment_id, variant order by row_count desc, experiment_id, variant limit 1000'
    ).rows %}
    {% set experiments = {} %}
    {% for row in rows %}
        {% if row[0] not in experiments and experiments | length < 200 %}
            {% do experiments.update({row[0]: {'variants': {}, 'first_seen_at': row[3]}}) %}
        {% endif %}
        {% if row[0] in experiments %}
            {% set experiment = experiments[row[0]] %}
            {% do experiment.variants.update({row[1]: row[2] | int}) %}
            {% if row[3] < experiment.first_seen_at %}
                {% do experiment.update({'first_seen_at': row[3]}) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {{ return(experiments) }}
{% endmacro %}
