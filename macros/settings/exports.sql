{#-
    The setting `exports`, checked: the tools that tables are made for.

    Returns: list of names, in the order of export_tools().
    Errors: a compilation error of one sentence for the first name that is no tool's.
-#}
{% macro exports() %}
    {% set tools = segment_experiments.export_tools() %}
    {% set names = segment_experiments.as_list(segment_experiments.setting('exports')) %}
    {% for name in names if name != 'all' and name not in tools %}
        {{ segment_experiments.raise_setting_error(
            'exports', name, 'all, or a list of ' ~ tools | join(', ')
        ) }}
    {% endfor %}
    {{ return(tools if 'all' in names else tools | select('in', names) | list) }}
{% endmacro %}


{#- The tools that there are exports for. Returns: list of strings. -#}
{% macro export_tools() %}
    {{ return(['amplitude', 'customerio', 'intercom', 'segment']) }}
{% endmacro %}


{#-
    Whether a tool's exports are switched on.

    Arguments: tool (string), of export_tools().
    Returns: boolean.
-#}
{% macro is_exported(tool) %}
    {{ return(tool in segment_experiments.exports()) }}
{% endmacro %}


{#- The names of the export models that are switched on. Returns: list of strings. -#}
{% macro enabled_exports() %}
    {% set names = [] %}
    {% for name, limits in segment_experiments.export_limits().items()
        if segment_experiments.is_exported(limits.tool) %}
        {% do names.append(name) %}
    {% endfor %}
    {{ return(names) }}
{% endmacro %}
