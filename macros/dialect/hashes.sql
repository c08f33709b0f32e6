{#-
    A whole number of 64 bits that stands for a text. Joins by it read 8 bytes where the text has 36. How often two
    texts have the same number: DECISIONLOG.md, "Identity".

    Arguments: text (SQL, string).
    Returns: SQL, integer; null for null.
-#}
{% macro integer_hash(text) -%}
    {{ return(adapter.dispatch('integer_hash', 'segment_experiments')(text)) }}
{%- endmacro %}

{% macro default__integer_hash(text) %}
    {{ segment_experiments.unsupported_adapter('integer_hash') }}
{% endmacro %}


{#-
    The version of the hash function behind integer_hash(). When it changes, the next run computes everything.

    Returns: string.
-#}
{% macro hash_version() -%}
    {{ return(adapter.dispatch('hash_version', 'segment_experiments')()) }}
{%- endmacro %}

{% macro default__hash_version() %}
    {{ return('') }}
{% endmacro %}
