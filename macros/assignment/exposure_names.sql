{#-
    Senders write the id of an experiment, its name, or both, and begin or cease to write one of them while
    the experiment runs; the same with variants. What has one id is one experiment. Which ids and names
    belong together is known from messages with both; the rules are in DECISIONLOG.md, "Ids and names".
-#}

{#-
    What a raw row says of its experiment and its variant.

    Arguments: event (dict), columns (dict), as of existing_exposure_tables().
    Returns: list of [alias, SQL], texts.
-#}
{% macro sent_names(event, columns) %}
    {{ return([
        ['sent_experiment_id', segment_experiments.first_column_as_text(columns, event.experiment_id)],
        ['sent_experiment_name', segment_experiments.first_column_as_text(columns, event.experiment_name)],
        ['sent_variant_id', segment_experiments.first_column_as_text(columns, event.variant_id)],
        ['sent_variant', segment_experiments.first_column_as_text(columns, event.variant)],
    ]) }}
{% endmacro %}


{#- The columns of sent_names(). Returns: list of strings. -#}
{% macro sent_columns() %}
    {{ return(['sent_experiment_id', 'sent_experiment_name', 'sent_variant_id', 'sent_variant']) }}
{% endmacro %}


{#-
    Query of what the raw rows that this run reads say of experiments and variants, by day and table.

    Returns: SQL of a query with arrival_day, event_table, the columns of sent_names(), is_name_shown (0 or
    1), visitors (of the day, in rows that are assignments), first_received_at and last_received_at.
-#}
{% macro sent_names_sql() %}
    {%- set as_of = segment_experiments.setting('as_of') %}
    {%- set keys = ['arrival_day', 'event_table'] + segment_experiments.sent_columns() + ['is_name_shown'] %}
    select
        {%- for key in keys %}
        {{ key }},
        {%- endfor %}
        count(distinct visitor) as visitors,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at
    from (
        {%- for event in segment_experiments.existing_exposure_tables() %}
        select
            {{ segment_experiments.arrival_day(event.raw_table, event.columns) }} as arrival_day,
            '{{ event.name }}' as event_table,
            {%- for alias, expression in segment_experiments.sent_names(event, event.columns) %}
            {{ expression }} as {{ alias }},
            {%- endfor %}
            {{ 1 if event.is_name_shown else 0 }} as is_name_shown,
            {%- set received_at = segment_experiments.first_column_as_timestamp(
                event.columns, segment_experiments.receipt_columns()
            ) %}
            case
                when {{ segment_experiments.has_value(event.columns, event.ignore) }} then null
                {%- if as_of %}
                when {{ received_at }} > {{ segment_experiments.timestamp_literal(as_of) }} then null
                {%- endif %}
                else coalesce(
                    {{ segment_experiments.column_as_identifier(event.columns, 'user_id') }},
                    {{ segment_experiments.first_column_as_identifier(event.columns, event.anonymous_id) }}
                )
            end as visitor,
            {{ received_at }} as received_at
        from {{ event.relation }} as raw_rows
        where {{ segment_experiments.is_pending_arrival(event.raw_table, event.columns) }}
        {%- if not loop.last %}

        union all
        {%- endif %}
        {%- else %}
        select
            cast(null as date) as arrival_day,
            {%- for name in ['event_table'] + segment_experiments.sent_columns() %}
            cast(null as {{ segment_experiments.type_text() }}) as {{ name }},
            {%- endfor %}
            0 as is_name_shown,
            cast(null as {{ segment_experiments.type_text() }}) as visitor,
            cast(null as {{ dbt.type_timestamp() }}) as received_at
        from (select 1 as nothing) as no_exposure_table
        where nothing = 0
        {%- endfor %}
    ) as sent
    where coalesce(sent_experiment_id, sent_experiment_name) is not null
    group by {{ keys | join(', ') }}
{% endmacro %}


{#-
    How ids and names are shown. An id is shown as the registry spells it, by the id or by one of its names;
    else by its first name, where the sender is known by names and the name is of no other id of the same
    table; else by the id. A name alone is that of its id, where there is one only.

    Arguments:
        target (string): prefix of the relations made: <target>_ids (scope, id, label) and <target>_names
            (scope, name, label).
        sent (string): relation with scope (string, never null, within which ids and names mean
            anything), table_name, id, name, is_name_shown (0 or 1) and first_received_at.
        registered (string): relation with scope, label and preference (positive integer), a row per label.
    Returns: SQL of common table expressions.
-#}
{% macro labels_ctes(target, sent, registered) -%}
{{ target }}_pairs as (

    select
        scope,
        table_name,
        id,
        name,
        max(is_name_shown) as is_name_shown,
        min(first_received_at) as first_received_at
    from {{ sent }}
    where
        id is not null
        and name is not null
    group by scope, table_name, id, name

),

{{ target }}_ids_of_names as (

    select
        scope,
        table_name,
        name,
        count(*) as ids
    from {{ target }}_pairs
    group by scope, table_name, name

),

{{ target }}_shared_names as (

    select distinct
        scope,
        name
    from {{ target }}_ids_of_names
    where ids > 1

),

{{ target }}_candidates as (

    select
        scope,
        id,
        id as label,
        1 as is_id,
        0 as is_good_name,
        min(first_received_at) as first_received_at
    from {{ sent }}
    where id is not null
    group by scope, id

    union all

    select
        pairs.scope,
        pairs.id,
        pairs.name as label,
        0 as is_id,
        max(case when shared_names.name is null then pairs.is_name_shown else 0 end) as is_good_name,
        min(pairs.first_received_at) as first_received_at
    from {{ target }}_pairs as pairs
    left join {{ target }}_shared_names as shared_names
        on
            pairs.scope = shared_names.scope
            and pairs.name = shared_names.name
    group by pairs.scope, pairs.id, pairs.name

),

{{ target }}_ranked as (

    select
        candidates.scope,
        candidates.id,
        candidates.label,
        row_number() over (
            partition by candidates.scope, candidates.id
            order by
                coalesce(registered.preference, 0) desc,
                case when registered.label is not null then 1 - candidates.is_id else 0 end,
                candidates.is_good_name desc,
                candidates.is_id desc,
                candidates.first_received_at nulls last,
                candidates.label
        ) as choice
    from {{ target }}_candidates as candidates
    left join {{ registered }} as registered
        on
            candidates.scope = registered.scope
            and candidates.label = registered.label

),

{{ target }}_ids as (

    select
        scope,
        id,
        label
    from {{ target }}_ranked
    where choice = 1

),

{{ target }}_labels_of_names as (

    select
        pairs.scope,
        pairs.name,
        min(ids.label) as label,
        count(distinct ids.label) as labels
    from {{ target }}_pairs as pairs
    inner join {{ target }}_ids as ids
        on
            pairs.scope = ids.scope
            and pairs.id = ids.id
    group by pairs.scope, pairs.name

),

{{ target }}_names as (

    select
        labels_of_names.scope,
        labels_of_names.name,
        labels_of_names.label
    from {{ target }}_labels_of_names as labels_of_names
    left join {{ target }}_shared_names as shared_names
        on
            labels_of_names.scope = shared_names.scope
            and labels_of_names.name = shared_names.name
    left join {{ registered }} as registered
        on
            labels_of_names.scope = registered.scope
            and labels_of_names.name = registered.label
    where
        labels_of_names.labels = 1
        and shared_names.name is null
        and registered.label is null

)
{%- endmacro %}


{#-
    Query of the experiment and the variant that each combination of ids and names means.

    Arguments: sent (SQL, a relation or a query in brackets): with the columns of sent_names_sql(), read
    several times; registry, registered_variants (relations): stg_registry__*.
    Returns: SQL of a query with the columns of sent_names(), experiment_id, variant, visitors (each day's
    added up), first_received_at and last_received_at, a row per combination.
-#}
{% macro resolved_names_sql(sent, registry, registered_variants) %}
{%- set columns = segment_experiments.sent_columns() -%}
with sent as (

    select
        {{ segment_experiments.plain_table_name('event_table') }} as table_name,
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        max(is_name_shown) as is_name_shown,
        sum(visitors) as visitors,
        min(first_received_at) as first_received_at,
        max(last_received_at) as last_received_at
    from {{ sent }} as days
    group by {{ segment_experiments.plain_table_name('event_table') }}, {{ columns | join(', ') }}

),

sent_experiments as (

    select
        '' as scope,
        table_name,
        sent_experiment_id as id,
        sent_experiment_name as name,
        is_name_shown,
        first_received_at
    from sent

),

registered_experiments as (

    select
        '' as scope,
        experiment_id as label,
        max(preference) as preference
    from (
        select
            experiment_id,
            2 as preference
        from {{ registry }}

        union all

        select
            experiment_id,
            1 as preference
        from {{ registered_variants }}
    ) as listed
    group by experiment_id

),

{{ segment_experiments.labels_ctes('experiments', 'sent_experiments', 'registered_experiments') }},

with_experiments as (

    select
        sent.*,
        coalesce(
            experiments_ids.label, experiments_names.label, sent.sent_experiment_name
        ) as experiment_id
    from sent
    left join experiments_ids on sent.sent_experiment_id = experiments_ids.id
    left join experiments_names
        on
            sent.sent_experiment_id is null
            and sent.sent_experiment_name = experiments_names.name

),

sent_variants as (

    select
        experiment_id as scope,
        table_name,
        sent_variant_id as id,
        sent_variant as name,
        1 as is_name_shown,
        first_received_at
    from with_experiments

),

registered_labels as (

    select
        experiment_id as scope,
        variant as label,
        max(preference) as preference
    from (
        select
            experiment_id,
            variant,
            2 as preference
        from {{ registered_variants }}

        union all

        select
            experiment_id,
            control_variant as variant,
            1 as preference
        from {{ registry }}
        where control_variant is not null
    ) as listed
    group by experiment_id, variant

),

{{ segment_experiments.labels_ctes('variants', 'sent_variants', 'registered_labels') }},

with_variants as (

    select
        with_experiments.*,
        coalesce(
            variants_ids.label, variants_names.label, with_experiments.sent_variant
        ) as variant
    from with_experiments
    left join variants_ids
        on
            with_experiments.experiment_id = variants_ids.scope
            and with_experiments.sent_variant_id = variants_ids.id
    left join variants_names
        on
            with_experiments.experiment_id = variants_names.scope
            and with_experiments.sent_variant_id is null
            and with_experiments.sent_variant = variants_names.name

)

select
    {%- for column in columns %}
    {{ column }},
    {%- endfor %}
    experiment_id,
    variant,
    cast(sum(visitors) as {{ dbt.type_bigint() }}) as visitors,
    min(first_received_at) as first_received_at,
    max(last_received_at) as last_received_at
from with_variants
group by {{ columns | join(', ') }}, experiment_id, variant
{% endmacro %}


{#-
    The work of a run when ids and names that arrived are taken into account. When what an older message
    said means another experiment or variant by now, all assignment events are read again. It is known from here
    on, because the query of the new rows asks for it.

    Arguments: work (dict), as of pending_work().
    Returns: dict, as of pending_work().
-#}
{% macro work_on_names(work) %}
    {% if not work.is_increment or flags.FULL_REFRESH %}
        {{ return(work) }}
    {% endif %}
    {% do segment_experiments.kept_answers().update({'work': work}) %}
    {% set known = segment_experiments.existing_relation('stg_segment__exposure_names') %}
    {% set columns = ['event_table'] + segment_experiments.sent_columns() + [
        'is_name_shown', 'visitors', 'first_received_at', 'last_received_at'
    ] %}
    {% set sent %}
        (
            select {{ columns | join(', ') }} from {{ known }}
            where not {{ segment_experiments.is_of_days(work.days) }}
            union all
            select {{ columns | join(', ') }} from ({{ segment_experiments.sent_names_sql() }}) as pending
        )
    {% endset %}
    {% set changed = run_query(
        'select count(*) as changed_names from ('
        ~ segment_experiments.resolved_names_sql(
            sent, segment_experiments.existing_relation('stg_registry__experiments'),
            segment_experiments.existing_relation('stg_registry__experiment_variants')
        )
        ~ ') as resolved inner join '
        ~ segment_experiments.existing_relation('int_processed_arrivals')
        ~ " as processed on processed.kind = 'name' and processed.name = "
        ~ segment_experiments.row_as_text(segment_experiments.sent_columns())
        ~ ' where processed.raw_table <> '
        ~ segment_experiments.row_as_text(['experiment_id', 'variant'])
    ).columns[0].values()[0] | int %}
    {% if not changed %}
        {{ return(work) }}
    {% endif %}
    {% set names = segment_experiments.existing_exposure_tables() | map(attribute='name') | list %}
    {% set known_days = run_query(
        'select raw_table, name from ' ~ segment_experiments.existing_relation('int_arrivals')
        ~ " where kind = 'rows' order by raw_table, name"
    ) %}
    {% do log(
        'segment_experiments: ids and names of experiments or variants belong together in another way;'
        ~ ' all assignment events are read again.',
        info=true
    ) %}
    {{ return(dict(work, days=segment_experiments.united_days(
        work.days, segment_experiments.days_of_tables(known_days, names)
    ))) }}
{% endmacro %}
