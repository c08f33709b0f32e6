{#-
    Whether this run read all there was to read when it began, and found the experiments to compute by it.

    Arguments: arrivals (Relation), int_arrivals.
    Returns: string:
        'complete': all that int_experiments_to_compute is made from was part of this run;
        'overlap': another run counted the arrivals after this one did, so both wrote at a time;
        'partial': models were left out (`--select`, `--exclude`, `dbt retry`).
    Errors: a compilation error when a model that keeps something is no parent of the calling one.
-#}
{% macro run_state(arrivals) %}
    {% if not execute %}
        {{ return('partial') }}
    {% endif %}
    {% for node in segment_experiments.incremental_models() if node.name != 'int_computed_experiments' %}
        {% if node.unique_id not in model.depends_on.nodes %}
            {{ exceptions.raise_compiler_error(
                model.name ~ ' has to come after ' ~ node.name ~ '; add it to refer_to_kept_models().'
            ) }}
        {% endif %}
    {% endfor %}
    {% if not segment_experiments.is_made_whole('int_experiments_to_compute') %}
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
    Makes the calling model come after every model that keeps something between runs; run_state() stops where
    one is missing in the list.
-#}
{% macro refer_to_kept_models() %}
    {% set modules_of = {
        'int_assignment_audit': 'audits',
        'int_attribution_totals': 'attribution',
        'int_experiment_days': 'daily',
        'int_funnel_counts': 'funnels',
        'int_interaction_cells': 'interactions',
        'int_marginal_effects': 'marginal_effects',
        'int_metric_audit': 'audits',
        'int_retention_counts': 'retention',
        'int_trait_audit': 'audits',
    } %}
    {% set always = [
        'experiment_assignments', 'int_assignment_counts', 'int_assignment_totals', 'int_exposure_audit',
        'int_identity_pairs', 'int_metric_caps', 'int_metric_sums', 'int_received_days',
        'int_slice_users', 'int_trait_days', 'int_user_metric_states', 'stg_segment__activity',
        'stg_segment__aliases', 'stg_segment__exposure_messages', 'stg_segment__exposure_names', 'stg_segment__identifies',
        'stg_segment__identify_traits', 'stg_segment__metric_events'
    ] %}
    {% if segment_experiments.reads_activity() %}
        {% do always.append('int_activity_spans') %}
    {% endif %}
    {% for name in always %}
        {% do ref('segment_experiments', name) %}
    {% endfor %}
    {% for name, of_modules in modules_of.items() if segment_experiments.is_in_modules(of_modules) %}
        {% do ref('segment_experiments', name) %}
    {% endfor %}
{% endmacro %}


{#-
    The models of this package that another is made from, directly or not, and that are something in the
    warehouse: an old one would give old rows.

    Arguments: node (dict), of the graph.
    Returns: list of unique ids.
-#}
{% macro models_before(node) %}
    {% set found = {} %}
    {% do segment_experiments.collect_models_before(node, found) %}
    {% set kept = [] %}
    {% for id in found if graph.nodes[id].config.materialized != 'ephemeral' %}
        {% do kept.append(id) %}
    {% endfor %}
    {{ return(kept) }}
{% endmacro %}


{#-
    Adds to a dict the ids of the models that a node is made from, directly or not.

    Arguments: node (dict), of the graph; found (dict), with the ids as keys.
-#}
{% macro collect_models_before(node, found) %}
    {% for id in node.depends_on.nodes if id.startswith('model.segment_experiments.') %}
        {% if id not in found %}
            {% do found.update({id: true}) %}
            {% do segment_experiments.collect_models_before(graph.nodes[id], found) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{#-
    Whether a model is part of this run, with all that it is made from.

    Arguments: name (string), of a model of this package.
    Returns: boolean.
-#}
{% macro is_made_whole(name) %}
    {% set node = graph.nodes['model.segment_experiments.' ~ name] %}
    {{ return(
        ([node.unique_id] + segment_experiments.models_before(node)) | reject('in', selected_resources) | list
        | length == 0
    ) }}
{% endmacro %}


{#-
    The models of this run that keep something, by what they keep. A run can leave some of them out, also every
    run (`--exclude`): they are noted with what was done, and what comes back is made whole.

    Arguments: of_experiments (boolean): those that keep rows of experiments; otherwise those that keep what raw
    tables say.
    Returns: list of names, sorted.
-#}
{% macro kept_models_of_run(of_experiments) %}
    {% set kept = segment_experiments.kept_answers() %}
    {% if 'kept_models' not in kept %}
        {% set names = {true: [], false: []} %}
        {% for node in segment_experiments.incremental_models()
            if node.name != 'int_computed_experiments' and segment_experiments.is_made_whole(node.name) %}
            {% do names['model.segment_experiments.int_experiments_to_compute'
                in segment_experiments.models_before(node)].append(node.name) %}
        {% endfor %}
        {% do kept.update({'kept_models': names}) %}
    {% endif %}
    {{ return(kept.kept_models[of_experiments] | sort | list) }}
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
    {%- set pending = segment_experiments.pending_work(this if execute else none) -%}
    {%- set work = pending -%}
    {%- if execute -%}
        {%- set work = segment_experiments.work_on_names(segment_experiments.work_on_models(pending)) -%}
        {%- do segment_experiments.kept_answers().update({
            'work': work, 'is_idle': segment_experiments.is_unchanged(work)
        }) -%}
        {%- if segment_experiments.is_idle() -%}
            {%- do log(
                'segment_experiments: nothing arrived and nothing changed since the last run; the tables stay as they are.',
                info=true
            ) -%}
        {%- endif -%}
        {%- do segment_experiments.tell_lost_days(pending) -%}
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


{#-
    Tells, before anything is written, what a full refresh loses: days that are gone in the raw tables.

    Arguments: work (dict), as of pending_work().
-#}
{% macro tell_lost_days(work) %}
    {% set expired_days = work.expired_days if flags.FULL_REFRESH else {} %}
    {% set lost = [] %}
    {% for raw_table, days in expired_days.items() %}
        {% for day in days %}
            {% do lost.append(raw_table ~ ' ' ~ day) %}
        {% endfor %}
    {% endfor %}
    {% if lost %}
        {% do log(
            'segment_experiments: this full refresh loses what was read of ' ~ lost | length
            ~ (' day that is gone' if lost | length == 1 else ' days that are gone')
            ~ ' in the raw tables: ' ~ (lost | sort)[:10] | join(', ')
            ~ (' and others' if lost | length > 10 else '') ~ '.',
            info=true
        ) %}
    {% endif %}
{% endmacro %}
