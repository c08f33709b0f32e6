{#-
    Schema of a node of this package; dbt applies it to this package's nodes only, also when the
    package is installed in another project.

    - the demo seeds: `segment_demo` as it is, so that they lie where Segment's tables would,
      whatever the target schema is;
    - a node with a configured schema: that one;
    - models named `stg_` and `int_`, and the registry: the setting `staging_schema`;
    - any other model: the setting `marts_schema`.

    The name is a suffix of the target schema, as dbt has it, or what the macro generate_schema_name() of the
    project that dbt runs makes of it.

    Arguments: custom_schema_name (string or null), the configured schema; node (dict), as dbt has it.
    Returns: string.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set configured = (custom_schema_name or '') | trim -%}
    {%- set is_staging = node.resource_type in ('seed', 'model') and not segment_experiments.is_mart(node) -%}
    {%- set schema = configured
        or (segment_experiments.staging_schema() if is_staging else segment_experiments.marts_schema()) -%}
    {%- set of_project = segment_experiments.macro_of_project('generate_schema_name') -%}
    {%- if configured == segment_experiments.demo_schema() -%}
        {{- configured -}}
    {%- elif of_project is not none -%}
        {{- of_project(schema or none, node) | trim -}}
    {%- elif schema -%}
        {{- target.schema -}}_{{- schema -}}
    {%- else -%}
        {{- target.schema -}}
    {%- endif -%}
{%- endmacro %}


{#-
    Name of the table of a node of this package: marts have the setting `marts_prefix` before it.

    Arguments: custom_alias_name (string or null), the configured alias; node (dict), as dbt has it.
    Returns: string.
-#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {%- set name = (custom_alias_name or node.name) | trim -%}
    {%- set prefix = segment_experiments.setting('marts_prefix') or '' -%}
    {%- set of_project = segment_experiments.macro_of_project('generate_alias_name') -%}
    {%- if segment_experiments.is_mart(node) -%}
        {%- set name = prefix ~ name -%}
    {%- endif -%}
    {%- if of_project is none -%}
        {{- name -}}
    {%- else -%}
        {#- A name of nobody's choice is none, by which the project's own macro may go. -#}
        {{- of_project(name if custom_alias_name or name != node.name else none, node) | trim -}}
    {%- endif -%}
{%- endmacro %}


{#- Whether a node of this package is a mart. Argument: node (dict), as dbt has it. Returns: boolean. -#}
{% macro is_mart(node) %}
    {{ return(node.resource_type == 'model' and node.name[:4] not in ('stg_', 'int_')) }}
{% endmacro %}


{#- Whether this package is installed in another project. Returns: boolean. -#}
{% macro is_installed() %}
    {{ return(project_name != 'segment_experiments') }}
{% endmacro %}


{#-
    A macro of the project that dbt runs, where this package is installed in it.

    Arguments: name (string).
    Returns: macro; none where the project has none of that name.
-#}
{% macro macro_of_project(name) %}
    {{ return(context.get(project_name, {}).get(name) if segment_experiments.is_installed() else none) }}
{% endmacro %}


{#- The schema of marts, as a suffix of the target schema. Returns: string; empty for the target schema itself. -#}
{% macro marts_schema() %}
    {% set chosen = segment_experiments.setting('marts_schema') %}
    {% if chosen is not none %}
        {{ return(chosen) }}
    {% endif %}
    {{ return('experiments' if segment_experiments.is_installed() else '') }}
{% endmacro %}


{#- The schema of all other tables, as a suffix of the target schema. Returns: string. -#}
{% macro staging_schema() %}
    {% set chosen = segment_experiments.setting('staging_schema') %}
    {% if chosen is not none %}
        {{ return(chosen) }}
    {% endif %}
    {% set marts_schema = segment_experiments.marts_schema() %}
    {{ return((marts_schema ~ '_' if marts_schema else '') ~ 'staging') }}
{% endmacro %}
