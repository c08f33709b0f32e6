{#-
    Whether this run did all there was to do when it began.

    Arguments: arrivals (Relation), int_arrivals.
    Returns: string:
        'complete': every model that keeps something, and all it is made from, was part of this run;
        'overlap': another run counted the arrivals after this one did, so both wrote at a time;
        'partial': models were left out (`--select`, `--exclude`, `dbt retry`).
    Errors: a compilation error when a model that keeps something is no parent of the calling one.
-#}
{% macro run_state(arrivals) %}
    {% if not execute %}
        {{ return('partial') }}
    {% endif %}
    {% for node in segment_experiments.incremental_models() %}
        {% if node.unique_id not in model.depends_on.nodes %}
            {{ exceptions.raise_compiler_error(
                model.name ~ ' has to come after ' ~ node.name ~ '; add it to the list of parents.'
            ) }}
        {% endif %}
    {% endfor %}
    {% if segment_experiments.models_before(model) | reject('in', selected_resources) | list %}
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
            and name <> '{{ segment_experiments.begun_mark() }}'
            and name not in (select name from {{ arrivals }} where kind = 'overlap')
        {% endif %}
    {% endset %}
    {{ return(
        'overlap' if run_query(strangers).columns[0].values() | map('int') | sum else 'complete'
    ) }}
{% endmacro %}


{#-
    The models of this package that another is made from, directly or not, and that are something in the
    warehouse: an old one would give old rows.

    Arguments: node (dict), of the graph.
    Returns: list of unique ids.
-#}
{% macro models_before(node) %}
    {% set found = [] %}
    {% set ids = node.depends_on.nodes | list %}
    {#- The list grows while it is walked through. -#}
    {% for id in ids if id.startswith('model.segment_experiments.') and id not in found %}
        {% do found.append(id) %}
        {% do ids.extend(graph.nodes[id].depends_on.nodes) %}
    {% endfor %}
    {% set kept = [] %}
    {% for id in found if graph.nodes[id].config.materialized != 'ephemeral' %}
        {% do kept.append(id) %}
    {% endfor %}
    {{ return(kept) }}
{% endmacro %}


{#- Name of the note by which everything is computed again when this run does not finish. -#}
{% macro begun_mark() -%}
    begun {{ invocation_id }}
{%- endmacro %}


{#-
    Post-hook of int_arrivals: notes what the run is about to read, before anything is written. A
    finished run takes the notes away. Otherwise a run that dies, or one of a part of the models, could
    write what a later run knows nothing about when its reason is gone by then: rows that were loaded
    and taken back, settings or a registry that are again what they were. What stood in a new column that
    is gone again cannot be told by counting rows, so that is taken like those.

    From here on the run knows its work without asking the warehouse again, and says why when it computes
    everything.
-#}
{% macro note_begun_work() -%}
    {%- set processed = segment_experiments.existing_relation('int_processed_arrivals') -%}
    {%- set work = segment_experiments.pending_work() -%}
    {%- if execute -%}
        {%- set work = segment_experiments.work_on_names(segment_experiments.work_on_models(work)) -%}
        {%- do segment_experiments.kept_answers().update({'work': work}) -%}
        {%- if work.reason and not flags.FULL_REFRESH -%}
            {%- do log(
                'segment_experiments: this run computes everything, because ' ~ work.reason ~ '.', info=true
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if processed is not none -%}
        insert into {{ processed }} (kind, raw_table, name, row_count, checksum)
        {%- if work.is_increment and not work.has_new_columns %}
        select
            'begun' as kind,
            arrivals.raw_table,
            arrivals.name,
            arrivals.row_count,
            arrivals.checksum
        from {{ this }} as arrivals
        left join {{ processed }} as known
            on
                known.kind in ('rows', 'begun')
                and arrivals.raw_table = known.raw_table
                and arrivals.name = known.name
                and arrivals.row_count = known.row_count
                and arrivals.checksum = known.checksum
        where
            arrivals.kind = 'rows'
            and known.name is null
        {%- else %}
        select
            'overlap' as kind,
            '' as raw_table,
            '{{ segment_experiments.begun_mark() }}' as name,
            1 as row_count,
            0 as checksum
        {%- endif %}
    {%- endif -%}
{%- endmacro %}
