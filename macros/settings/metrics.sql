{#-
    The setting `metrics`, checked and completed with the defaults of every key.

    Returns: list of dicts with the keys name, type, event, source, model, value, where, timestamp,
    delay_days, window_days, mature_only, covariate_days, cap_percentile, cap_zeros, direction,
    minimum_effect, margin, label, unit, numerator, denominator (null where the type has no such key) and
    measure (the id of what is counted or summed, see measures(); null for a ratio).
    Errors: a compilation error of one sentence for the first mistake found.
-#}
{% macro metrics() %}
    {% set types = ['conversion', 'count', 'sum', 'ratio', 'retention'] %}
    {% set keys = {
        'name': none, 'type': none, 'event': none, 'source': none, 'model': none, 'value': none, 'where': none,
        'timestamp': 'timestamp', 'delay_days': 0, 'window_days': 14, 'mature_only': none,
        'covariate_days': 14, 'cap_percentile': none, 'cap_zeros': true, 'direction': 'increase',
        'minimum_effect': 0.02, 'margin': none, 'label': none, 'unit': none, 'numerator': none,
        'denominator': none
    } %}
    {% set metrics = [] %}
    {% set by_name = {} %}
    {% set names = [] %}
    {% for entry in segment_experiments.setting('metrics') %}
        {% if entry is not mapping or entry.get('name') is not string %}
            {{ segment_experiments.raise_setting_error(
                'metrics', entry, 'a list of objects, each with a `name`'
            ) }}
        {% endif %}
        {% set where_it_is = 'metrics: ' ~ entry['name'] %}
        {% for key in entry if key not in keys %}
            {{ segment_experiments.raise_setting_error(
                where_it_is, key, 'one of the keys ' ~ keys.keys() | join(', ')
            ) }}
        {% endfor %}
        {% set metric = dict(keys, **entry) %}
        {% if entry['name'] | lower in names %}
            {{ segment_experiments.raise_setting_error(
                where_it_is, 'there twice', 'a name of its own, in whichever case'
            ) }}
        {% elif not segment_experiments.is_all_of(entry['name'], '^[A-Za-z0-9][A-Za-z0-9_ -]*$') %}
            {{ segment_experiments.raise_setting_error(
                'metrics: name', entry['name'], 'made of letters, digits, spaces, _ and -'
            ) }}
        {% elif metric.type not in types %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': type', metric.type, 'one of ' ~ types | join(', ')
            ) }}
        {% elif metric.direction not in ['increase', 'decrease'] %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': direction', metric.direction, 'increase or decrease'
            ) }}
        {% endif %}
        {% set of_other_types = segment_experiments.meaning_of('metrics()', metric.type, {
            'conversion': ['value', 'numerator', 'denominator'],
            'count': ['value', 'numerator', 'denominator'],
            'sum': ['numerator', 'denominator'],
            'ratio': ['event', 'source', 'model', 'value', 'where', 'timestamp', 'delay_days', 'window_days'],
            'retention': [
                'event', 'source', 'model', 'value', 'where', 'timestamp', 'numerator', 'denominator'
            ],
        }) %}
        {% for key in of_other_types if entry.get(key) is not none %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': ' ~ key, entry[key], 'absent: a metric of type ' ~ metric.type ~ ' has no ' ~ key
            ) }}
        {% endfor %}
        {% set needs_event = metric.type in ['conversion', 'count', 'sum'] %}
        {% if needs_event and (metric.event is none) == (metric.model is none) %}
            {{ segment_experiments.raise_setting_error(
                where_it_is, entry, 'given either an `event` (a Segment table) or a `model`'
            ) }}
        {% elif metric.model is not none and not segment_experiments.is_text(metric.model) %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': model', metric.model, 'the name of a model'
            ) }}
        {% elif metric.type == 'sum' and metric.value is none %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': value', none, 'the column to sum'
            ) }}
        {% elif metric.type == 'ratio' and (metric.numerator is none or metric.denominator is none) %}
            {{ segment_experiments.raise_setting_error(
                where_it_is, entry, 'given a `numerator` and a `denominator`'
            ) }}
        {% endif %}
        {% if metric.event is not none %}
            {{ segment_experiments.check_segment_table(where_it_is ~ ': event', metric.event) }}
            {{ segment_experiments.check_source(where_it_is, metric.source) }}
        {% elif metric.source is not none %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': source', metric.source, 'absent without an `event`'
            ) }}
        {% endif %}
        {{ segment_experiments.check_condition_is_text(where_it_is ~ ': where', metric.where) }}
        {{ segment_experiments.check_column(where_it_is ~ ': value', metric.value) }}
        {{ segment_experiments.check_column(where_it_is ~ ': timestamp', metric.timestamp, false) }}
        {% if metric.type == 'retention' and segment_experiments.activity_sources() | length == 0 %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': type', metric.type, 'another one while the setting `activity` is empty'
            ) }}
        {% endif %}
        {% if metric.type == 'ratio' and metric.cap_percentile is not none %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': cap_percentile', metric.cap_percentile,
                'absent: cap the metrics that the ratio is made of'
            ) }}
        {% endif %}
        {% for key, minimum, maximum in [
            ('delay_days', 0, 3650), ('window_days', 0.000001, 3650), ('covariate_days', 0, 3650),
            ('minimum_effect', 0.000001, 1000), ('cap_percentile', 0.5, 1), ('margin', 0, 0.999999)
        ] %}
            {% set value = metric[key] %}
            {% if not (value is none and key in ['cap_percentile', 'margin']) and (
                not segment_experiments.is_number_within(value, minimum, maximum)
            ) %}
                {{ segment_experiments.raise_setting_error(
                    where_it_is ~ ': ' ~ key, value, 'a number from ' ~ minimum ~ ' to ' ~ maximum
                ) }}
            {% endif %}
        {% endfor %}
        {% for key in ['label', 'unit'] if metric[key] is not none and not segment_experiments.is_text(metric[key]) %}
            {{ segment_experiments.raise_setting_error(where_it_is ~ ': ' ~ key, metric[key], 'a text of one line') }}
        {% endfor %}
        {% if metric.mature_only is not none and metric.mature_only is not boolean %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': mature_only', metric.mature_only, 'true or false'
            ) }}
        {% elif metric.cap_zeros is not boolean %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': cap_zeros', metric.cap_zeros, 'true or false'
            ) }}
        {% elif 'cap_zeros' in entry and metric.cap_percentile is none %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': cap_zeros', metric.cap_zeros, 'absent without a cap_percentile'
            ) }}
        {% endif %}
        {% if metric.type != 'ratio' %}
            {% if metric.mature_only is none %}
                {% do metric.update({'mature_only': metric.type == 'retention'}) %}
            {% endif %}
            {% do metric.update({'measure': segment_experiments.measure_of(metric).measure}) %}
        {% else %}
            {% do metric.update({'measure': none}) %}
        {% endif %}
        {% do by_name.update({metric.name: metric}) %}
        {% do names.append(metric.name | lower) %}
        {% do metrics.append(metric) %}
    {% endfor %}

    {# A ratio takes its windows from its two parts, and is mature when both are. #}
    {% for metric in metrics if metric.type == 'ratio' %}
        {% for role in ['numerator', 'denominator'] %}
            {% if metric[role] is not string or by_name.get(metric[role], {'type': 'ratio'}).type == 'ratio' %}
                {{ segment_experiments.raise_setting_error(
                    'metrics: ' ~ metric.name ~ ': ' ~ role, metric[role],
                    'the name of another metric of the list that is not itself a ratio'
                ) }}
            {% endif %}
        {% endfor %}
        {% if metric.numerator == metric.denominator %}
            {{ segment_experiments.raise_setting_error(
                'metrics: ' ~ metric.name ~ ': denominator', metric.denominator,
                'another metric than the numerator, or the ratio is always 1'
            ) }}
        {% endif %}
        {% set parts = [by_name[metric.numerator], by_name[metric.denominator]] %}
        {% do metric.update({
            'mature_only': metric.mature_only or parts[0].mature_only or parts[1].mature_only,
            'delay_days': 0,
            'window_days': [
                parts[0].delay_days + parts[0].window_days,
                parts[1].delay_days + parts[1].window_days
            ] | max
        }) %}
    {% endfor %}
    {{ return(metrics) }}
{% endmacro %}


{#-
    What a metric counts or sums, apart from windows. Several metrics often share one measure
    (conversion and count of the same event), so that raw events are read and kept once.

    Arguments: metric (dict), an entry of metrics() that is not a ratio.
    Returns: dict with measure (string, an id derived from the definition, so a changed definition
    is another measure), event, source, model, value, where, timestamp. Retention counts the rows of the
    setting `activity`: measure = 'activity'.
-#}
{% macro measure_of(metric) %}
    {% set reads = segment_experiments.meaning_of('measure_of()', metric.type, {
        'conversion': 'event', 'count': 'event', 'sum': 'value', 'retention': 'activity'
    }) %}
    {% if reads == 'activity' %}
        {{ return({'measure': 'activity', 'event': none, 'model': none}) }}
    {% endif %}
    {% set definition = {
        'event': metric.event, 'model': metric.model, 'where': metric.where,
        'value': metric.value if reads == 'value' else none, 'timestamp': metric.timestamp
    } %}
    {% if metric.get('source') is not none %}
        {% do definition.update({'source': metric.source}) %}
    {% endif %}
    {% set id = (metric.event or metric.model).split('.')[-1] ~ '_' ~ local_md5(tojson(definition, sort_keys=true))[:12] %}
    {{ return(dict(definition, measure=id)) }}
{% endmacro %}


{#-
    The distinct measures of all metrics, of steps of funnels where the module `funnels` is on, and of
    activation events, but `activity`, grouped by the table they are read from, so that each table is read once.

    Returns: list of {source (dict, as of raw_tables_of()), measures (list of dicts as of measure_of())}.
-#}
{% macro measures_by_source() %}
    {% set sources = {} %}
    {% set seen = [] %}
    {% set counted = segment_experiments.metrics() | rejectattr('type', 'in', ['ratio', 'retention'])
        | list %}
    {% for funnel in segment_experiments.funnels() if segment_experiments.is_in_modules('funnels') %}
        {% for step in funnel.steps %}
            {% do counted.append(dict(step, type='count')) %}
        {% endfor %}
    {% endfor %}
    {% set measures = [] %}
    {% for entry in counted %}
        {% do measures.append(segment_experiments.measure_of(entry)) %}
    {% endfor %}
    {% for measure in measures + segment_experiments.activation_measures() %}
        {% if measure.measure not in seen %}
            {% do seen.append(measure.measure) %}
            {% for raw_table in segment_experiments.raw_tables_of(measure) %}
                {% set key = ('event ' if raw_table.event else 'model ')
                    ~ segment_experiments.raw_table_name(raw_table) %}
                {% if key not in sources %}
                    {% do sources.update({key: {'source': raw_table, 'measures': []}}) %}
                {% endif %}
                {% do sources[key].measures.append(measure) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
    {{ return(sources.values() | list) }}
{% endmacro %}


{#-
    The raw tables of the setting `activity`, checked.

    Returns: list of dicts as of raw_tables_of().
    Errors: a compilation error of one sentence for the first mistake found.
-#}
{% macro activity_sources() %}
    {% set sources = [] %}
    {% set names = [] %}
    {% for entry in segment_experiments.setting('activity') %}
        {% set read = {'event': entry} if entry is string else entry %}
        {% set keys = ['event', 'source', 'model'] | select('in', read) | list if read is mapping else [] %}
        {% if keys not in [['event'], ['event', 'source'], ['model']]
            or read.values() | select('string') | list | length < read | length or keys | length < read | length
            or 'model' in read and not segment_experiments.is_text(read.model) %}
            {{ segment_experiments.raise_setting_error(
                'activity', entry, 'a list of Segment tables, {event: table, source: name} or {model: name}'
            ) }}
        {% endif %}
        {% if 'event' in read %}
            {{ segment_experiments.check_segment_table('activity', read.event) }}
            {{ segment_experiments.check_source('activity: ' ~ read.event, read.get('source')) }}
        {% endif %}
        {% for raw_table in segment_experiments.raw_tables_of(read) %}
            {% set name = ('event ' if raw_table.event else 'model ')
                ~ segment_experiments.raw_table_name(raw_table) | lower %}
            {% if name in names %}
                {{ segment_experiments.raise_setting_error('activity', entry, 'there once, in whichever case') }}
            {% endif %}
            {% do names.append(name) %}
            {% do sources.append(raw_table) %}
        {% endfor %}
    {% endfor %}
    {{ return(sources) }}
{% endmacro %}


{#-
    Checks that a name can be that of a table of Segment, which makes them in snake case; in which case
    the warehouse keeps them does not matter.

    Arguments: name (string), of the setting, as it is told; table (any), as it was set.
    Errors: a compilation error of one sentence, with the name that Segment would give the table.
-#}
{% macro check_segment_table(name, table) %}
    {% if not segment_experiments.is_all_of(table, '^[A-Za-z0-9_]+$') %}
        {% set words = modules.re.findall('[A-Z0-9]+[a-z0-9]*|[a-z0-9]+', table | string) %}
        {{ segment_experiments.raise_setting_error(
            name, table,
            'the name of a table of Segment, in letters, digits and _'
            ~ (', such as ' ~ words | join('_') | lower if words else '')
        ) }}
    {% endif %}
{% endmacro %}


{#-
    Checks that a name can be that of a column: that it is no path into an array or an object.

    Arguments: name (string), of the setting, as it is told; column (any), as it was set; is_optional
    (boolean), whether null is right.
    Errors: a compilation error of one sentence.
-#}
{% macro check_column(name, column, is_optional=true) %}
    {% if not (column is none and is_optional) and not segment_experiments.is_column_name(column) %}
        {{ segment_experiments.raise_setting_error(
            name, column,
            'the name of a column, not a path: Segment joins the names of nested properties with _, and writes'
            ~ ' an array as text, which only a `model` of yours can take apart'
        ) }}
    {% endif %}
{% endmacro %}


{#-
    Whether a value can be the name of a column: a text that is not blank and no path.

    Arguments: value (any).
    Returns: boolean.
-#}
{% macro is_column_name(value) %}
    {{ return(segment_experiments.is_all_of(value, '^[^\\[\\].`]*[^\\[\\].`\\s][^\\[\\].`]*$')) }}
{% endmacro %}
