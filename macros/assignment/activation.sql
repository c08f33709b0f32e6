{#-
    The activation events of the registry: the users of an experiment with one are analysed from its
    first event at or after their assignment on. They are data, so the registry is asked for them
    whenever the project is compiled. What is no name of a table of Segment is no event.

    Returns: list of dicts as of measure_of(), in alphabetical order of the events; empty while dbt
    parses, in unit tests, and until the registry has been staged.
-#}
{% macro activation_measures() %}
    {% set registry = segment_experiments.existing_relation('stg_registry__experiments') %}
    {% if registry is none or model.resource_type == 'unit_test' %}
        {{ return([]) }}
    {% endif %}
    {% set columns = adapter.get_columns_in_relation(registry) | map(attribute='name') | map('lower') %}
    {% if 'activation_event' not in columns | list %}
        {{ return([]) }}
    {% endif %}
    {% set models = segment_experiments.activity_sources() | map(attribute='model') | list %}
    {% do models.extend(segment_experiments.metrics() | map(attribute='model') | list) %}
    {% for funnel in segment_experiments.funnels() %}
        {% do models.extend(funnel.steps | map(attribute='model') | list) %}
    {% endfor %}
    {% set measures = [] %}
    {% for event in run_query(
        'select distinct activation_event from ' ~ registry ~ ' where activation_event is not null'
    ).columns[0].values() | sort if modules.re.match('^[A-Za-z0-9_]+$', event) and event not in models %}
        {% do measures.append(segment_experiments.measure_of({
            'type': 'count', 'event': event, 'model': none, 'where': none, 'timestamp': 'timestamp'
        })) %}
    {% endfor %}
    {{ return(measures) }}
{% endmacro %}


{#-
    The event that a measure of activation counts.

    Arguments: measure (SQL, string).
    Returns: SQL, string; null for any other measure.
-#}
{% macro activation_event_of(measure) -%}
    {%- set measures = segment_experiments.activation_measures() -%}
    {%- if measures -%}
    case {{ measure }}
        {%- for activation in measures %}
        when '{{ activation.measure }}' then '{{ activation.event }}'
        {%- endfor %}
    end
    {%- else -%}
    cast(null as {{ segment_experiments.type_text() }})
    {%- endif -%}
{%- endmacro %}
