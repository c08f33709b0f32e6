{#-
    Digest of every setting that the incremental models depend on. A new digest makes the next run
    compute everything again; int_arrivals notes where the sources lie. `layout` is raised when the models
    themselves change what they keep.

    Returns: string.
-#}
{% macro settings_fingerprint() %}
    {% set values = {'layout': 12} %}
    {% for name in segment_experiments.setting_rules() if name not in [
        'confidence_level', 'sequential_tuning_users', 'prior_mean', 'prior_sd', 'srm_alpha', 'power',
        'max_crossover_share', 'min_users_per_variant', 'minimum_days', 'demo_data', 'tracking_thresholds',
        'duplicate_exposures_warn_share', 'duplicate_exposures_error_share', 'naming_convention',
        'stale_after_hours', 'registry_severity', 'exports', 'export_concluded',
        'export_max_attributes', 'suppressed_users_model', 'max_regression_columns', 'segment_database',
        'segment_schema', 'segment_sources', 'keep_expired_days'
    ] %}
        {% do values.update({name: segment_experiments.setting(name)}) %}
    {% endfor %}
    {% do values.update({
        'is_demo': segment_experiments.is_demo(),
        'hash_version': segment_experiments.hash_version(),
    }) %}
    {{ return(local_md5(tojson(values, sort_keys=true))) }}
{% endmacro %}


{#-
    Columns of a row as one text.

    Arguments: columns (list of SQL).
    Returns: SQL, string, never null.
-#}
{% macro row_as_text(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns -%}
        {%- do parts.append("coalesce(cast(" ~ column ~ " as " ~ segment_experiments.type_text() ~ "), '-')") -%}
    {%- endfor -%}
    {{ parts | join(" || ' | ' || ") }}
{%- endmacro %}
