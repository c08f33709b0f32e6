{#-
    The registry of experiments, of their variants, or of suppressed users: the seed of this project, or
    the model that the settings `experiments_model`, `experiment_variants_model` and
    `suppressed_users_model` name.

    Arguments: name (string), 'experiments', 'experiment_variants' or 'suppressed_users'.
    Returns: Relation.
-#}
{% macro registry_relation(name) %}
    {% set model = segment_experiments.setting(name ~ '_model') %}
    {{ return(segment_experiments.named_model(model) if model else ref('segment_experiments', name)) }}
{% endmacro %}


{#-
    The columns of a registry as the warehouse has them now: all but the ids may be missing, and times may be
    text, dates or timestamps.

    Arguments: name (string), as of registry_relation().
    Returns: dict column name in lower case -> Column; of an ephemeral model, whose columns nobody can look
    up, those that it should have.
-#}
{% macro columns_of_registry(name) %}
    {% set columns = {} %}
    {% set relation = load_relation(segment_experiments.registry_relation(name)) if execute else none %}
    {% if relation is not none %}
        {% for column in adapter.get_columns_in_relation(relation) %}
            {% do columns.update({column.name | lower: column}) %}
        {% endfor %}
        {{ return(columns) }}
    {% endif %}
    {% for column, type in {
        'experiments': [
            ('experiment_id', 'text'), ('control_variant', 'text'), ('primary_metric', 'text'),
            ('owner', 'text'), ('hypothesis', 'text'), ('started_at', 'time'), ('ended_at', 'time')
        ],
        'experiment_variants': [
            ('experiment_id', 'text'), ('variant', 'text'), ('expected_share', 'number')
        ],
    }[name] %}
        {% do columns.update({column: api.Column(column, {
            'text': segment_experiments.type_text(),
            'time': dbt.type_timestamp(),
            'number': segment_experiments.type_double(),
        }[type])}) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}


{#-
    The end of an experiment. A date without a time includes that day, so its end is the day's last
    microsecond.

    Arguments: columns (dict, as of columns_of_registry()); name (string), of the column; alias (string).
    Returns: SQL, timestamp (UTC).
-#}
{% macro end_of_experiment(columns, name='ended_at', alias='registry') -%}
    {%- set ended_at = segment_experiments.column_as_timestamp(columns, name, alias) -%}
    {%- set last_moment = segment_experiments.end_of_day(ended_at) -%}
    {%- set kind = segment_experiments.column_kind(columns[name]) if name in columns else none -%}
    {%- if kind == 'text' -%}
        case
            when {{ segment_experiments.matches_pattern(
                segment_experiments.column_as_text(columns, name, alias), '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
            ) }}
                then {{ last_moment }}
            else {{ ended_at }}
        end
    {%- elif kind == 'date' -%}
        {{ last_moment }}
    {%- else -%}
        {{ ended_at }}
    {%- endif -%}
{%- endmacro %}
