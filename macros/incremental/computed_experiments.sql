{#-
    The experiments of which this run computes everything (int_experiments_to_compute), and what follows for
    the tables that keep rows of experiments.
-#}

{#-
    Whether a run computes all experiments that there are. A run of a part of the models computes those that
    the last run of int_experiments_to_compute had found.

    Returns: boolean; true while dbt parses and in unit tests.
-#}
{% macro computes_all_experiments() %}
    {#- Nothing is there for who only compiles. -#}
    {% if not execute or model.resource_type == 'unit_test'
        or segment_experiments.existing_relation('int_experiments_to_compute') is none %}
        {{ return(true) }}
    {% endif %}
    {{ return(segment_experiments.computed_experiments().all_are_computed) }}
{% endmacro %}


{#-
    The experiments in int_experiments_to_compute and those beside them, asked for once in a run.

    Returns: dict with computed (the experiments that this run computes), open (those and all that have not
    settled), all_are_computed (boolean) and kept_from (string, a date, or none where it is not known: no
    assignment that earlier runs have kept of the computed ones is of an earlier day); the first two are sorted lists
    of ids.
-#}
{% macro computed_experiments() %}
    {% set kept = segment_experiments.kept_answers() %}
    {% if 'computed_experiments' not in kept %}
        {% set computed = [] %}
        {% set open = [] %}
        {% set others = [] %}
        {% set kept_from = [] %}
        {#- What a run of a part of the models has written since is not known. -#}
        {% set first_day = 'computed.kept_from'
            if 'model.segment_experiments.int_experiments_to_compute' in selected_resources else 'cast(null as date)' %}
        {% for id, is_computed, is_settled, kept_day in run_query(
            'select times.experiment_id, case when computed.experiment_id is null then 0 else 1 end as is_computed,'
            ~ ' case when times.is_settled then 1 else 0 end as is_settled, ' ~ first_day
            ~ ' as kept_from from ' ~ segment_experiments.existing_relation('int_experiment_times') ~ ' as times left join '
            ~ segment_experiments.existing_relation('int_experiments_to_compute')
            ~ ' as computed on times.experiment_id = computed.experiment_id where '
            ~ segment_experiments.is_chosen_experiment('times.experiment_id')
            ~ ' union all select computed.experiment_id, 1 as is_computed, 1 as is_settled, ' ~ first_day
            ~ ' as kept_from from ' ~ segment_experiments.existing_relation('int_experiments_to_compute') ~ ' as computed left join '
            ~ segment_experiments.existing_relation('int_experiment_times')
            ~ ' as times on computed.experiment_id = times.experiment_id where times.experiment_id is null'
        ) %}
            {% do (computed if is_computed | int else others).append(id) %}
            {% if is_computed | int %}
                {% do kept_from.append('' if kept_day is none else (kept_day | string)[:10]) %}
            {% endif %}
            {% if is_computed | int or not is_settled | int %}
                {% do open.append(id) %}
            {% endif %}
        {% endfor %}
        {% do kept.update({'computed_experiments': {
            'computed': computed | sort | list,
            'open': open | sort | list if computed else [],
            'all_are_computed': others | length == 0,
            'kept_from': none if '' in kept_from or not kept_from else kept_from | min
        }}) %}
    {% endif %}
    {{ return(kept.computed_experiments) }}
{% endmacro %}


{#-
    Condition that an experiment is one of some, with constants by which the warehouse skips the rows of all
    others.

    Arguments: column (SQL, string), the experiment id; experiments (string), 'computed' or 'open', of
    computed_experiments().
    Returns: SQL, boolean; `true` in a run that computes all experiments, unless a setting names some.
-#}
{% macro is_of_experiments(column, experiments) %}
    {% if not execute %}
        {#- dbt has to know all that can be read. -#}
        {% do ref('segment_experiments', 'int_experiments_to_compute') %}
    {% endif %}
    {% if segment_experiments.computes_all_experiments() %}
        {{ return(segment_experiments.is_chosen_experiment(column)) }}
    {% endif %}
    {{ return(segment_experiments.is_one_of(column, segment_experiments.computed_experiments()[experiments])) }}
{% endmacro %}


{#-
    The same of the experiments that this run computes.

    Arguments: column (SQL, string), the experiment id; time (SQL, timestamp, or none), by which the table is
    partitioned: when the user of a row was assigned, or is analysed from.
    Returns: SQL, boolean.
-#}
{% macro is_computed(column, time=none) %}
    {% set condition = segment_experiments.is_of_experiments(column, 'computed') %}
    {% if time is none or segment_experiments.computes_all_experiments() %}
        {{ return(condition) }}
    {% endif %}
    {{ return(condition ~ segment_experiments.and_is_since(time, segment_experiments.assigned_from())) }}
{% endmacro %}


{#-
    The day that a query finds, as text: some drivers answer with a time.

    Arguments: query (SQL), of one row with a date.
    Returns: string, a date; none for null.
-#}
{% macro queried_day(query) %}
    {% set day = run_query(query).columns[0].values()[0] %}
    {{ return(none if day is none else (day | string)[:10]) }}
{% endmacro %}


{#-
    A further condition, with a constant by which the warehouse skips the partitions before.

    Arguments: time (SQL, timestamp); day (string, a date, or none).
    Returns: SQL that begins with `and`; empty without a day.
-#}
{% macro and_is_since(time, day) %}
    {{ return(
        '' if day is none else ' and (' ~ time ~ ' >= ' ~ segment_experiments.timestamp_literal(day ~ ' 00:00:00')
        ~ ' or ' ~ time ~ ' is null)'
    ) }}
{% endmacro %}


{#-
    The first day on which somebody was assigned to an experiment that this run computes.

    Returns: string, a date; none where it is not known, because int_user_variants is not part of the run or does not
    hold all assignments.
-#}
{% macro assigned_from() %}
    {% set kept = segment_experiments.kept_answers() %}
    {% if 'assigned_from' not in kept %}
        {% do kept.update({'assigned_from': segment_experiments.queried_day(
            'select min(cast(assigned_at as date)) as assigned_on from '
            ~ segment_experiments.existing_relation('int_user_variants')
        ) if 'model.segment_experiments.int_user_variants' in selected_resources
            and not segment_experiments.setting('assignments_from_traits') else none}) %}
    {% endif %}
    {{ return(kept.assigned_from) }}
{% endmacro %}


{#-
    The same of the experiments that this run computes and of all that have not settled; of none in a run that
    computes none.

    Arguments: column (SQL, string). Returns: SQL, boolean.
-#}
{% macro is_open_or_computed(column) %}
    {{ return(segment_experiments.is_of_experiments(column, 'open')) }}
{% endmacro %}


{#-
    Condition that a message can be an exposure of an experiment that this run computes, by the day on which it
    arrived, with a constant by which the warehouse skips the partitions before.

    Arguments: arrival_day (SQL, date).
    Returns: SQL, boolean; `true` in a run that computes all experiments.
-#}
{% macro is_of_computed_day(arrival_day) %}
    {% if segment_experiments.computes_all_experiments() %}
        {{ return('true') }}
    {% endif %}
    {% set kept = segment_experiments.kept_answers() %}
    {% if 'computed_from' not in kept %}
        {% do kept.update({'computed_from': segment_experiments.queried_day(
            'select min(first_arrival_day) as first_arrival_day from '
            ~ segment_experiments.existing_relation('int_experiment_times')
            ~ ' where ' ~ segment_experiments.is_computed('experiment_id')
        )}) %}
    {% endif %}
    {{ return(segment_experiments.is_day_from(arrival_day, kept.computed_from)) }}
{% endmacro %}


{#-
    Condition that a day is not before another.

    Arguments: column (SQL, date); day (string, a date, or none).
    Returns: SQL, boolean; `false` without a day.
-#}
{% macro is_day_from(column, day) %}
    {{ return('false' if day is none else column ~ " >= cast('" ~ day ~ "' as date)") }}
{% endmacro %}


{#-
    Condition that an event can matter to an experiment that has not settled or is computed, by the day on which it
    arrived: nothing arrives before it happens.

    Arguments: arrival_day (SQL, date).
    Returns: SQL, boolean; `true` in a run that computes all experiments.
-#}
{% macro is_of_event_day(arrival_day) %}
    {% if not execute %}
        {% do ref('segment_experiments', 'int_user_variants') %}
        {% do ref('segment_experiments', 'int_experiment_times') %}
    {% endif %}
    {% if segment_experiments.computes_all_experiments()
        or segment_experiments.setting('assignments_from_traits') %}
        {{ return('true') }}
    {% endif %}
    {% set kept = segment_experiments.kept_answers() %}
    {% if 'events_from' not in kept %}
        {% set totals = segment_experiments.existing_relation('int_assignment_totals') %}
        {% set days %}
            select min(cast(assigned_at as date)) as assigned_on
            from (
                select greatest(variants.assigned_at, coalesce(registry.started_at, variants.assigned_at)) as assigned_at
                from {{ segment_experiments.existing_relation('int_user_variants') }} as variants
                left join {{ segment_experiments.existing_relation('stg_registry__experiments') }} as registry
                    on variants.experiment_id = registry.experiment_id
                where variants.assigned_at is not null
                {%- if totals is not none %}

                union all

                select first_analysed_from as assigned_at
                from {{ totals }}
                where {{ segment_experiments.is_open_or_computed('experiment_id') }}
                {%- endif %}
            ) as assignments
        {% endset %}
        {% do kept.update({'events_from': segment_experiments.queried_day(days)}) %}
    {% endif %}
    {% if kept.events_from is none %}
        {{ return('false') }}
    {% endif %}
    {% set days_before = (segment_experiments.longest_look_back() / 86400) | round(0, 'ceil') | int %}
    {{ return(
        '(' ~ arrival_day ~ " >= cast('"
        ~ segment_experiments.day_after(kept.events_from, -days_before) ~ "' as date) or "
        ~ arrival_day ~ " = cast('" ~ segment_experiments.unknown_arrival_day() ~ "' as date))"
    ) }}
{% endmacro %}


{#-
    Condition that an experiment is not computed in this run, but ran beside one that has not settled or is
    computed: it had not settled when the first of these began, or so shortly before that both have a part in the
    credit for conversions.

    Arguments: column (SQL, string), the experiment id; time (SQL, timestamp, or none), as of is_computed().
    Returns: SQL, boolean.
-#}
{% macro is_neighbour(column, time=none) %}
    {% if not execute %}
        {% do ref('segment_experiments', 'int_assignment_totals') %}
        {% do ref('segment_experiments', 'int_experiment_times') %}
    {% endif %}
    {% if segment_experiments.computes_all_experiments()
        or not segment_experiments.computed_experiments().computed %}
        {{ return('false') }}
    {% endif %}
    {% set kept = segment_experiments.kept_answers() %}
    {% if 'neighbours' not in kept %}
        {% set begin %}
            select min(first_analysed_from) as first_analysed_from
            from {{ segment_experiments.existing_relation('int_assignment_totals') }}
            where {{ segment_experiments.is_open_or_computed('experiment_id') }}
        {% endset %}
        {% do kept.update({'neighbours': run_query(
            'select times.experiment_id from ' ~ segment_experiments.existing_relation('int_experiment_times')
            ~ ' as times cross join (' ~ begin ~ ') as begin where not ('
            ~ segment_experiments.is_computed('times.experiment_id') ~ ') and coalesce(times.settled_at >= '
            ~ segment_experiments.add_seconds('begin.first_analysed_from', -segment_experiments.longest_neighbourhood())
            ~ ', true)'
        ).columns[0].values() | sort | list}) %}
    {% endif %}
    {% set condition = segment_experiments.is_one_of(column, kept.neighbours) %}
    {% if time is none or condition == 'false'
        or 'model.segment_experiments.int_assignment_totals' not in selected_resources %}
        {{ return(condition) }}
    {% endif %}
    {% if 'neighbours_from' not in kept %}
        {% do kept.update({'neighbours_from': segment_experiments.queried_day(
            'select min(cast(first_assigned_at as date)) as assigned_on from '
            ~ segment_experiments.existing_relation('int_assignment_totals')
            ~ ' where ' ~ segment_experiments.is_one_of('experiment_id', kept.neighbours)
        )}) %}
    {% endif %}
    {{ return(condition ~ segment_experiments.and_is_since(time, kept.neighbours_from)) }}
{% endmacro %}


{#-
    The rows of a model that belong to the experiments that this run computes, each with as of when its
    experiment is analysed (as_of) and until when messages count for it (settled_at).

    Arguments: model (string), with a column experiment_id; alias (string), of its rows; time (string or none), the
    column by which the model is partitioned, as of is_computed().
    Returns: SQL of a query with the columns of the model, to which `where` may be added.
-#}
{% macro computed_rows(model, alias, time=none) -%}
select
        {{ alias }}.*,
        times.as_of,
        times.settled_at
    from (
        select * from {{ ref('segment_experiments', model) }}
        where {{ segment_experiments.is_computed('experiment_id', time) }}
    ) as {{ alias }}
    inner join {{ ref('segment_experiments', 'int_experiment_times') }} as times
        on {{ alias }}.experiment_id = times.experiment_id
{%- endmacro %}


{#-
    The rows that a run puts together once for several models, of the experiments that it computes.

    A run that leaves the table out (`--select`), but has found its experiments anew, puts the rows together
    itself.

    Arguments: name (string): of the table int_user_<name>, and of the ephemeral model int_stitched_<name> that
    it is made from.
    Returns: SQL of a query with the columns of the model, to which `where` may be added; its rows have the alias
    `shared`.
-#}
{% macro shared_rows(name) -%}
    {%- set table = ref('segment_experiments', 'int_user_' ~ name) -%}
    {%- set definition = 'int_stitched_' ~ name -%}
    {%- if not execute -%}
        {#- dbt has to know all that can be read. -#}
        {%- do ref('segment_experiments', definition) -%}
    {%- endif -%}
    {%- if execute and model.resource_type != 'unit_test'
        and 'model.segment_experiments.int_experiments_to_compute' in selected_resources
        and 'model.segment_experiments.int_user_' ~ name not in selected_resources -%}
select shared.*
    from {{ ref('segment_experiments', definition) }} as shared
    {%- else -%}
select shared.*
    from {{ table }} as shared
    {%- endif -%}
{%- endmacro %}


{#-
    The notes of the experiments that finished runs have computed.

    Returns: Relation; none where all experiments have to be computed, because there are none or a table of this
    run that keeps their rows is missing.
-#}
{% macro notes_of_experiments() %}
    {% if not execute or not segment_experiments.is_increment() %}
        {{ return(none) }}
    {% endif %}
    {% for name in segment_experiments.kept_models_of_run(of_experiments=true)
        if segment_experiments.existing_relation(name) is none %}
        {% do log(
            'segment_experiments: this run computes all experiments, because a table of this project is missing: '
            ~ name ~ '.', info=true
        ) %}
        {{ return(none) }}
    {% endfor %}
    {{ return(segment_experiments.existing_relation('int_computed_experiments')) }}
{% endmacro %}


{#-
    Condition that the run that an experiment was computed by wrote all tables that this one writes.

    Arguments: column (SQL, string), the models of a note.
    Returns: SQL, boolean.
-#}
{% macro is_noted_for_run(column) %}
    {% set kept_models = segment_experiments.kept_models_of_run(of_experiments=true) %}
    {% set complete = [] %}
    {% for models in run_query(
        'select distinct models from ' ~ segment_experiments.existing_relation('int_computed_experiments')
    ).columns[0].values() if not kept_models | reject('in', models.split(', ')) | list %}
        {% do complete.append(models) %}
    {% endfor %}
    {{ return(segment_experiments.is_one_of(column, complete)) }}
{% endmacro %}


{#-
    Pre-hook of a table that keeps rows of experiments: takes away those that the model is about to compute
    again, in the same transaction where the warehouse has transactions.

    Arguments: columns (list of strings), those with an experiment id; experiments (string), as of
    is_of_experiments(); time (string or none), the column by which the table is partitioned, as of is_computed().
    Errors: a compilation error where the table would be made anew with a part of the experiments.
-#}
{% macro forget_computed(columns, experiments='computed', time=none) -%}
    {%- if execute and not segment_experiments.computes_all_experiments() -%}
        {%- do segment_experiments.refuse_partial_table(not segment_experiments.adds_to_table()) -%}
        {%- set conditions = [] -%}
        {%- for column in columns -%}
            {%- do conditions.append(segment_experiments.is_of_experiments(column, experiments)) -%}
        {%- endfor -%}
        {%- if 'false' not in conditions -%}
            delete from {{ this }} where ({{ conditions | join(' or ') }})
            {%- if time is not none -%}
                {{ segment_experiments.and_is_since(time, segment_experiments.computed_experiments().kept_from) }}
            {%- endif -%}
        {%- endif -%}
    {%- elif segment_experiments.adds_to_table() -%}
        {{ segment_experiments.forget_everything() }}
    {%- endif -%}
{%- endmacro %}


{#-
    Post-hook of int_experiments_to_compute: takes away the notes of the experiments in it, so that they are computed
    again unless this run finishes. Those of experiments that are gone stay until then: nothing else is known of them.

    Arguments: computed (Relation or none), int_experiments_to_compute, where dbt does not know yet that it is there.
-#}
{% macro forget_notes_of_experiments(computed=none) -%}
    {%- set notes = segment_experiments.existing_relation('int_computed_experiments') -%}
    {%- set computed = computed or segment_experiments.existing_relation('int_experiments_to_compute') -%}
    {%- set times = segment_experiments.existing_relation('int_experiment_times') -%}
    {%- if notes is not none and computed is not none and times is not none -%}
        delete from {{ notes }}
        where {{ 'experiment_id in (select computed.experiment_id from ' ~ computed ~ ' as computed inner join '
            ~ times ~ ' as times on computed.experiment_id = times.experiment_id)'
            if segment_experiments.is_increment() else 'true' }}
    {%- endif -%}
{%- endmacro %}


{#- Pre-hook of int_computed_experiments: takes away the notes of experiments that are gone, when all is done. -#}
{% macro forget_notes_of_gone_experiments() -%}
    {%- if execute and segment_experiments.adds_to_table()
        and segment_experiments.run_state(segment_experiments.existing_relation('int_arrivals')) == 'complete' -%}
        delete from {{ this }}
        where experiment_id not in (
            select experiment_id from {{ segment_experiments.existing_relation('int_experiment_times') }}
        )
    {%- endif -%}
{%- endmacro %}


{#-
    Pre-hook of a table that keeps rows of experiments: the same in a run of a part of the models. Nobody knows by
    which registry and settings it goes. The first of its models does it for all: two would be in each other's way.
-#}
{% macro forget_notes_in_part() -%}
    {%- if execute and 'model.segment_experiments.int_experiments_to_compute' not in selected_resources
        and segment_experiments.kept_answers().setdefault('notes are forgotten by', model.unique_id)
        == model.unique_id -%}
        {{ segment_experiments.forget_notes_of_experiments() }}
    {%- endif -%}
{%- endmacro %}
