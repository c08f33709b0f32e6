{#-
    Looks at the warehouse as it is configured, says in plain words what is there, and prints the
    settings and the registry rows to paste:

        dbt run-operation check_setup
        dbt run-operation segment_experiments.check_setup     (where it is installed as a package)

    It reads a few columns of the exposure tables, counts the others, and writes nothing.
-#}
{% macro check_setup() %}
    {% if execute %}
        {% set is_unasked = segment_experiments.reads_the_demo_unasked() %}
        {% set tables = {} if is_unasked else segment_experiments.found_tables() %}
        {% set sources = segment_experiments.segment_sources() %}
        {% if is_unasked %}
            {{ print(
                'The settings say where Segment writes, but on DuckDB the demo is read in its place: set demo_data: false.'
            ) }}
        {% elif tables | length == 0 %}
            {{ print(
                'Nothing is found in the schema ' ~ sources | map(attribute='schema') | join(', ') ~ ' of '
                ~ sources | map(attribute='database') | unique | join(', ')
                ~ (': load the demo by `dbt seed`, or set demo_data: false and segment_schema to where Segment writes.'
                    if segment_experiments.is_demo()
                    else ': set segment_schema (and segment_database) to where Segment writes, and see that '
                    ~ target.type ~ ' lets this user read it.')
            ) }}
        {% else %}
            {% set exposures = segment_experiments.found_exposures(tables) %}
            {% set lines = [] %}
            {% for source in sources %}
                {% set here = [] %}
                {% for table in tables.values() if source.name in table.parts | map(attribute='source') %}
                    {% do here.append(table) %}
                {% endfor %}
                {% do lines.append(
                    'In ' ~ source.database ~ '.' ~ source.schema ~ ' there are ' ~ here | length ~ ' tables.'
                ) %}
            {% endfor %}
            {% do lines.append('') %}
            {% do lines.extend(segment_experiments.told_exposures(exposures)) %}
            {% do lines.extend(segment_experiments.told_people(tables)) %}
            {% do lines.extend(segment_experiments.told_events(tables, exposures)) %}
            {% do lines.extend(segment_experiments.told_names_of_nothing(tables)) %}
            {% do lines.extend(['', 'Settings, for dbt_project.yml:', '']) %}
            {% do lines.extend(segment_experiments.suggested_settings(tables, exposures)) %}
            {% do lines.extend(segment_experiments.suggested_registry(exposures)) %}
            {{ print(lines | join('\n')) }}
        {% endif %}
    {% endif %}
{% endmacro %}


{#-
    Whether the settings say where Segment writes, and the demo is read all the same, as on DuckDB by default.

    Returns: boolean.
-#}
{% macro reads_the_demo_unasked() %}
    {{ return(
        segment_experiments.is_demo() and segment_experiments.setting('demo_data') is none and (
            segment_experiments.setting('segment_sources') | length > 0
            or segment_experiments.setting('segment_database') is not none
            or segment_experiments.as_list(segment_experiments.setting('segment_schema')) != ['segment']
        )
    ) }}
{% endmacro %}


{#- Number of hours or days since a moment, in words. Arguments: moment (timestamp, UTC, or null). -#}
{% macro time_since(moment) %}
    {% if moment is none %}
        {{ return('never') }}
    {% endif %}
    {% set now = modules.datetime.datetime.now(modules.pytz.utc).replace(tzinfo=none) %}
    {% set hours = ((now - moment.replace(tzinfo=none)).total_seconds() / 3600) | int %}
    {% if hours < 1 %}
        {{ return('less than an hour ago') }}
    {% elif hours < 48 %}
        {{ return(hours ~ ' hours ago') }}
    {% endif %}
    {{ return((hours / 24) | int ~ ' days ago') }}
{% endmacro %}
