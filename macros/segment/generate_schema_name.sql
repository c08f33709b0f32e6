{#-
    Schema of a node of this package; dbt applies it to this package's nodes only, also when the
    package is installed in another project.

    - the demo seeds: `segment_demo` as it is, so that they lie where Segment's tables would,
      whatever the target schema is;
    - models named `stg_` and `int_`: `<target schema>_staging`;
    - any other: the target schema itself, with a configured schema as its suffix, as dbt does it.

    Arguments: custom_schema_name (string or null), the configured schema; node (dict), as dbt has it.
    Returns: string.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set custom_schema = (custom_schema_name or '') | trim -%}
    {%- if custom_schema == segment_experiments.demo_schema() -%}
        {{- custom_schema -}}
    {%- elif custom_schema -%}
        {{- target.schema -}}_{{- custom_schema -}}
    {%- elif node.resource_type == 'model' and node.name[:4] in ('stg_', 'int_') -%}
        {{- target.schema -}}_staging
    {%- else -%}
        {{- target.schema -}}
    {%- endif -%}
{%- endmacro %}
