{#-
    What this run has asked the warehouse already, and what holds until its end. A query takes a second on
    BigQuery and is billed as 10 MiB per table at least, and a hundred models would ask the same.

    dbt has no place for it but `graph`, which is one dict for all models of an invocation.

    Returns: dict, to read and to add to.
-#}
{% macro kept_answers() %}
    {{ return(graph.setdefault('segment_experiments ' ~ invocation_id, {})) }}
{% endmacro %}
