{#-
    Warns, and then fails, when the share of affected rows of a check of tracking_audit is above its
    thresholds (setting `tracking_thresholds`). The rows concerned are stored, with an example and
    what to do.

    Arguments: model (relation), tracking_audit; check_name (string).
-#}
{% test tracking_check_stays_below(model, check_name) %}

{{ config(
    fail_calc='coalesce(max(severity_level), 0)',
    warn_if='>= 1',
    error_if='>= 2',
    store_failures=true
) }}

{%- set thresholds = segment_experiments.tracking_thresholds()[check_name] %}
{%- set conditions = [] %}
{%- for share in thresholds.values() if share is not none %}
    {%- do conditions.append('share > ' ~ share) %}
{%- endfor %}

select
    check_name,
    experiment_id,
    metric,
    affected_rows,
    total_rows,
    share,
    first_seen_at,
    last_seen_at,
    example,
    advice,
    {% if thresholds.error is none %}1{% else -%}
        case when share > {{ thresholds.error }} then 2 else 1 end
    {%- endif %} as severity_level
from {{ model }}
where
    check_name = '{{ check_name }}'
    and ({{ conditions | join(' or ') or 'false' }})

{% endtest %}
