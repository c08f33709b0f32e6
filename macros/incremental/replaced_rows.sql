{#-
    Statements that run before an incremental model inserts, in the same transaction where the
    warehouse has transactions: they take away what the model is about to compute again. A run that
    dies after them has lost nothing, because the next run has the same work (work()).
-#}

{#-
    Before a model that reads whole arrival days of raw tables.

    Arguments: has_starts (boolean), whether its rows depend on the starts of experiments in the registry.
-#}
{% macro forget_pending_days(has_starts=false) -%}
    {%- if segment_experiments.adds_to_table() -%}
        {%- set work = segment_experiments.work() -%}
        {%- if not work.is_increment and work.expired_days -%}
            delete from {{ this }} where not {{ segment_experiments.is_of_days(work.expired_days) }}
        {%- elif not work.is_increment or (has_starts and work.has_other_starts) -%}
            {{ segment_experiments.forget_everything() }}
        {%- elif work.days -%}
            delete from {{ this }} where {{ segment_experiments.is_of_days(work.days) }}
        {%- endif -%}
    {%- else -%}
        {{ segment_experiments.refuse_partial_table(segment_experiments.is_increment()) }}
    {%- endif -%}
{%- endmacro %}


{#- Empties the table of the model. -#}
{% macro forget_everything() -%}
    delete from {{ this }} where true
{%- endmacro %}


{#- Before the model of identifiers. -#}
{% macro forget_renewed_origins() -%}
    {%- if not segment_experiments.adds_to_table() -%}
        {{ segment_experiments.refuse_partial_table(segment_experiments.is_increment()) }}
    {%- elif not segment_experiments.is_increment() or segment_experiments.resolves_by_last_link() -%}
        {{ segment_experiments.forget_everything() }}
    {%- elif segment_experiments.work().renewed -%}
        delete from {{ this }} where {{ segment_experiments.is_of_renewed_origin('origin') }}
    {%- endif -%}
{%- endmacro %}


{#-
    Stops where a table is made anew although the run would give it the latest changes only: somebody
    dropped it and then ran a part of the project.

    Arguments: is_partial (boolean), whether the run would.
    Errors: a compilation error of one sentence in that case.
-#}
{% macro refuse_partial_table(is_partial) -%}
    {%- if execute and is_partial -%}
        {{ exceptions.raise_compiler_error(
            "segment_experiments: the table " ~ this ~ " is missing, and this run would fill it with "
            ~ "the latest changes only; run the whole package, or add --full-refresh."
        ) }}
    {%- endif -%}
{%- endmacro %}


{#-
    Takes away the columns of a table with a contract that the contract does not have: those of
    earlier settings. dbt itself does it for tables without a contract only.
-#}
{% macro drop_other_columns() -%}
    {%- if segment_experiments.adds_to_table() -%}
        {%- set others = [] -%}
        {%- for column in adapter.get_columns_in_relation(this)
            if column.name | lower not in model.columns -%}
            {%- do others.append(column) -%}
        {%- endfor -%}
        {%- if others -%}
            {#- `this` does not know that it is a table, and what alters it has to. -#}
            {%- do alter_relation_add_remove_columns(load_relation(this), [], others) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#-
    Tells the next run to compute everything again, when a part of the models is run with other
    settings than those that int_arrivals was made with: what it writes belongs to no finished run. A run
    that has made int_arrivals has made it with its own.
-#}
{% macro mark_other_settings() -%}
    {%- set arrivals = segment_experiments.existing_relation('int_arrivals') -%}
    {%- set processed = segment_experiments.existing_relation('int_processed_arrivals') -%}
    {%- if arrivals is not none and processed is not none
        and 'work' not in segment_experiments.kept_answers() -%}
        insert into {{ processed }} (kind, raw_table, name, row_count, checksum)
        select
            'overlap' as kind,
            '' as raw_table,
            '{{ invocation_id }}' as name,
            1 as row_count,
            0 as checksum
        from {{ arrivals }}
        where kind = 'setting' and name <> '{{ segment_experiments.settings_fingerprint() }}'
    {%- endif -%}
{%- endmacro %}
