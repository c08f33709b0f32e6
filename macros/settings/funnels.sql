{#-
    The setting `funnels`, checked and completed with the defaults of every key.

    Returns: list of dicts with the keys name, window_days, mature_only and steps, a list of dicts with
    step (string, its name: that of the event or model), event, source, model, where, timestamp, measure (as
    of measure_of()) and is_repeated (boolean): an earlier step counts the same events.
    Errors: a compilation error of one sentence for the first mistake found.
-#}
{% macro funnels() %}
    {% set keys = {'name': none, 'window_days': 14, 'mature_only': false, 'steps': []} %}
    {% set step_keys = {
        'event': none, 'source': none, 'model': none, 'where': none, 'timestamp': 'timestamp'
    } %}
    {% set funnels = [] %}
    {% for entry in segment_experiments.setting('funnels') %}
        {% if entry is not mapping or entry.get('name') is not string %}
            {{ segment_experiments.raise_setting_error(
                'funnels', entry, 'a list of objects, each with a `name`'
            ) }}
        {% endif %}
        {% set where_it_is = 'funnels: ' ~ entry['name'] %}
        {% for key in entry if key not in keys %}
            {{ segment_experiments.raise_setting_error(
                where_it_is, key, 'one of the keys ' ~ keys.keys() | join(', ')
            ) }}
        {% endfor %}
        {% set funnel = dict(keys, **entry) %}
        {% set window = funnel.window_days %}
        {% if not segment_experiments.is_all_of(funnel.name, '^[A-Za-z0-9][A-Za-z0-9_ -]*$') %}
            {{ segment_experiments.raise_setting_error(
                where_it_is, funnel.name, 'named in letters, digits, spaces, _ and -'
            ) }}
        {% elif funnel.name | lower in funnels | map(attribute='name') | map('lower') %}
            {{ segment_experiments.raise_setting_error(
                where_it_is, 'there twice', 'a name of its own, in whichever case'
            ) }}
        {% elif not segment_experiments.is_number_within(window, 0.000001, 3650) %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': window_days', window, 'a number from 0.000001 to 3650'
            ) }}
        {% elif funnel.mature_only is not boolean %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': mature_only', funnel.mature_only, 'true or false'
            ) }}
        {% endif %}
        {% set steps = [] %}
        {% set step_entries = segment_experiments.as_list(funnel.steps) %}
        {% if step_entries | length not in range(1, 21) %}
            {{ segment_experiments.raise_setting_error(
                where_it_is ~ ': steps', funnel.steps, 'a list of 1 to 20 steps'
            ) }}
        {% endif %}
        {% for step_entry in step_entries %}
            {% if step_entry is not mapping
                or (step_entry.get('event') is none) == (step_entry.get('model') is none) %}
                {{ segment_experiments.raise_setting_error(
                    where_it_is ~ ': steps', step_entry,
                    'a list of steps, each with either an `event` (a Segment table) or a `model`'
                ) }}
            {% endif %}
            {% for key in step_entry if key not in step_keys %}
                {{ segment_experiments.raise_setting_error(
                    where_it_is ~ ': steps', key, 'one of the keys ' ~ step_keys.keys() | join(', ')
                ) }}
            {% endfor %}
            {% set step = dict(step_keys, **step_entry) %}
            {% if step.event is not none %}
                {{ segment_experiments.check_segment_table(where_it_is ~ ': steps: event', step.event) }}
                {{ segment_experiments.check_source(where_it_is ~ ': steps', step.source) }}
            {% elif step.source is not none %}
                {{ segment_experiments.raise_setting_error(
                    where_it_is ~ ': steps: source', step.source, 'absent without an `event`'
                ) }}
            {% endif %}
            {% if step.model is not none and not segment_experiments.is_text(step.model) %}
                {{ segment_experiments.raise_setting_error(
                    where_it_is ~ ': steps: model', step.model, 'the name of a model'
                ) }}
            {% endif %}
            {{ segment_experiments.check_condition_is_text(where_it_is ~ ': steps: where', step.where) }}
            {{ segment_experiments.check_column(where_it_is ~ ': steps: timestamp', step.timestamp, false) }}
            {% do step.update({
                'step': step.event or step.model.split('.')[-1],
                'measure': segment_experiments.measure_of(dict(step, type='count')).measure
            }) %}
            {% do step.update({'is_repeated': step.measure in steps | map(attribute='measure')}) %}
            {% do steps.append(step) %}
        {% endfor %}
        {% do funnel.update({'steps': steps}) %}
        {% do funnels.append(funnel) %}
    {% endfor %}
    {{ return(funnels) }}
{% endmacro %}


{#-
    What the longest funnels need.

    Returns: dict with steps (integer, at least 1) and seconds (number), after the assignment.
-#}
{% macro longest_funnel() %}
    {% set span = namespace(steps=1, seconds=0) %}
    {% for funnel in segment_experiments.funnels() %}
        {% set span.steps = [span.steps, funnel.steps | length] | max %}
        {% set span.seconds = [span.seconds, funnel.window_days * 86400] | max %}
    {% endfor %}
    {{ return({'steps': span.steps, 'seconds': span.seconds}) }}
{% endmacro %}
