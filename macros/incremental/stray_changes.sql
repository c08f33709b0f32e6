{#-
    Query of the variants that are strays now and were not at the last finished run, or the other way round;
    and of those for which an unfinished run has seen such a change.

    Arguments: strays (Relation), int_stray_variants; processed (Relation), int_processed_arrivals.
    Returns: SQL of a query with experiment_id and variant.
-#}
{% macro stray_changes_sql(strays, processed) %}
    select
        coalesce(strays.experiment_id, known.raw_table) as experiment_id,
        coalesce(strays.variant, known.name) as variant
    from {{ strays }} as strays
    full outer join (select * from {{ processed }} where kind = 'stray') as known
        on
            strays.experiment_id = known.raw_table
            and strays.variant = known.name
    where
        strays.variant is null
        or known.name is null

    union distinct

    select
        raw_table as experiment_id,
        name as variant
    from {{ processed }}
    where kind = 'strayed'
{% endmacro %}


{#-
    Pre-hook: keeps the changes of stray_changes_sql() until a run has finished. What a run that dies has
    written of a variant would otherwise stay when the variant is by the next run what it was before.
-#}
{% macro note_stray_changes() -%}
    {%- set strays = segment_experiments.existing_relation('int_stray_variants') -%}
    {%- set processed = segment_experiments.existing_relation('int_processed_arrivals') -%}
    {%- if strays is not none and processed is not none -%}
        insert into {{ processed }} (kind, raw_table, name, row_count, checksum)
        select
            'strayed' as kind,
            changes.experiment_id as raw_table,
            changes.variant as name,
            1 as row_count,
            0 as checksum
        from ({{ segment_experiments.stray_changes_sql(strays, processed) }}) as changes
        left join {{ processed }} as noted
            on
                noted.kind = 'strayed'
                and changes.experiment_id = noted.raw_table
                and changes.variant = noted.name
        where noted.name is null
    {%- endif -%}
{%- endmacro %}


{#-
    The variants of stray_changes_sql(), asked of the warehouse. Nearly always there are none.

    Returns: list of [experiment id, variant]; empty in a run that computes everything.
-#}
{% macro changed_strays() %}
    {% set strays = segment_experiments.existing_relation('int_stray_variants') %}
    {% if strays is none or not segment_experiments.is_increment() %}
        {{ return([]) }}
    {% endif %}
    {% set changes = run_query(segment_experiments.stray_changes_sql(
        strays, segment_experiments.existing_relation('int_processed_arrivals')
    ) ~ ' order by 1, 2') %}
    {{ return(changes.rows | map('list') | list) }}
{% endmacro %}


{#-
    Condition on the experiment and the variant of messages. They are constants, so that the warehouse skips
    the messages of all other experiments.

    Arguments: changes (list), changed_strays(); experiment_id (SQL or none: of any experiment), variant (SQL).
    Returns: SQL, boolean.
-#}
{% macro is_of_stray_change(changes, experiment_id, variant) -%}
    {%- set conditions = [] -%}
    {%- for changed_experiment, changed_variant in changes -%}
        {%- set parts = [variant ~ ' = ' ~ segment_experiments.string_literal(changed_variant)] -%}
        {%- if experiment_id -%}
            {%- do parts.append(
                experiment_id ~ ' = ' ~ segment_experiments.string_literal(changed_experiment)
            ) -%}
        {%- endif -%}
        {%- do conditions.append('(' ~ parts | join(' and ') ~ ')') -%}
    {%- endfor -%}
    {{ '(' ~ conditions | join(' or ') ~ ')' if conditions else 'false' }}
{%- endmacro %}
