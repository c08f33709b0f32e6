{#-
    The setting `attribution`, checked and completed.

    Returns: dict with lookback_days and half_life_days (numbers).
    Errors: a compilation error of one sentence for the first mistake found.
-#}
{% macro attribution() %}
    {% set defaults = {'lookback_days': 30, 'half_life_days': 7} %}
    {% set entry = segment_experiments.setting('attribution') %}
    {% for key in entry if key not in defaults %}
        {{ segment_experiments.raise_setting_error(
            'attribution', key, 'one of the keys ' ~ defaults.keys() | join(', ')
        ) }}
    {% endfor %}
    {% set attribution = dict(defaults, **entry) %}
    {% for key, value in attribution.items() %}
        {% if not segment_experiments.is_number_within(value, 0.000001, 3650) %}
            {{ segment_experiments.raise_setting_error(
                'attribution: ' ~ key, value, 'a number of days from 0.000001 to 3650'
            ) }}
        {% endif %}
    {% endfor %}
    {{ return(attribution) }}
{% endmacro %}
