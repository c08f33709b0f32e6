{#-
    Whether this run did all there was to do when it began.

    Arguments: arrivals (Relation), int_arrivals.
    Returns: string:
        'complete': every model that keeps something was part of this run;
        'overlap': another run counted the arrivals after this one did, so both wrote at a time;
        'partial': models were left out (`--select`, `--exclude`, `dbt retry`).
    Errors: a compilation error when a model that keeps something is no parent of the calling one.
-#}
{% macro run_state(arrivals) %}
    {% if not execute %}
        {{ return('partial') }}
    {% endif %}
    {% set needed = ['model.segment_experiments.int_arrivals'] %}
    {% for node in segment_experiments.incremental_models() %}
        {% do needed.append(node.unique_id) %}
        {% if node.unique_id not in model.depends_on.nodes %}
            {{ exceptions.raise_compiler_error(
                model.name ~ ' has to come after ' ~ node.name ~ '; add it to the list of parents.'
            ) }}
        {% endif %}
    {% endfor %}
    {% if needed | reject('in', selected_resources) | list %}
        {{ return('partial') }}
    {% endif %}
    {% if segment_experiments.existing_relation('int_arrivals') is none %}
        {{ return('partial') }}
    {% endif %}
    {% set processed = segment_experiments.existing_relation('int_processed_arrivals') %}
    {% set strangers %}
        select count(*) as strangers from {{ arrivals }}
        where kind = 'run' and name <> '{{ invocation_id }}'
        {% if processed is not none %}
        union all
        select count(*) as strangers from {{ processed }}
        where
            kind = 'overlap'
            and name not in (select name from {{ arrivals }} where kind = 'overlap')
        {% endif %}
    {% endset %}
    {{ return(
        'overlap' if run_query(strangers).columns[0].values() | map('int') | sum else 'complete'
    ) }}
{% endmacro %}
