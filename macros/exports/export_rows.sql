{#-
    Why an assignment leaves the warehouse in no export; null when it may.

    Arguments: assignments (string), the alias of experiment_assignments.
    Returns: SQL, string.
-#}
{% macro never_exported_reason(assignments) -%}
    case
        when {{ assignments }}.exclusion_reason is not null then {{ assignments }}.exclusion_reason
        when {{ assignments }}.is_crossover then 'crossover'
        when {{ assignments }}.user_id is null then 'anonymous'
    end
{%- endmacro %}


{#-
    What an export calls an experiment.

    Arguments: kind (string), the key `name` of export_limits(); alias (string), of
    int_export_assignments.
    Returns: SQL, string.
-#}
{% macro export_name(kind, alias) -%}
    {%- if kind == 'property' -%}
        'Experiment: ' || {{ alias }}.experiment_id
    {%- elif kind == 'cohort' -%}
        'Experiment: ' || {{ alias }}.experiment_id || ' = ' || {{ alias }}.variant
    {%- elif kind == 'column' -%}
        'experiments_' || {{ alias }}.slug
    {%- else -%}
        {{ alias }}.experiment_id
    {%- endif -%}
{%- endmacro %}


{#-
    The assignments of one export, each with the reason why the tool would not take it. Where a tool
    takes a number of experiments only, those that run go first, then the latest.

    Arguments: export (string), a key of export_limits(); target (string), the relation made.
    Returns: SQL of common table expressions, the last one named as target, with experiment_id,
    user_id, variant, assigned_at, name (string), entry (string, a member of a JSON object), changed_at
    (timestamp) and exclusion_reason (string, null for what is exported).
-#}
{% macro export_rows_ctes(export, target) -%}
{%- set limits = segment_experiments.export_limits()[export] -%}
{%- set name = segment_experiments.export_name(limits.name, 'assignments') -%}
{%- set beyond = [
    ('name_number', limits.max_names, 'too_many_attributes'),
    ('attribute_number', limits.max_attributes, 'too_many_attributes'),
    ('object_bytes', limits.max_object, 'object_too_large')
] | rejectattr(1, 'none') | list -%}
{{ target }}_named as (

    select
        assignments.*,
        {{ name }} as name,
        {{ segment_experiments.json_string(name) }}
        || ': '
        || {{ segment_experiments.json_string('assignments.variant') }} as entry,
        case
            {%- if not segment_experiments.setting('export_concluded') %}
            when assignments.is_concluded then 'concluded'
            {%- endif %}
            when {{ dbt.length('assignments.user_id') }} < {{ limits.min_user_id }}
                then 'user_id_too_short'
            when
                {{ segment_experiments.byte_length('assignments.user_id') }}
                > {{ limits.max_user_id }}
                then 'user_id_too_long'
            {%- if limits.name == 'column' %}
            when assignments.slug = '' then 'name_without_letters'
            when assignments.is_slug_shared then 'name_of_several_experiments'
            {%- endif %}
            when {{ segment_experiments.byte_length(name) }} > {{ limits.max_name }}
                then 'name_too_long'
            when
                {{ segment_experiments.byte_length('assignments.variant') }}
                > {{ limits.max_value }}
                then 'value_too_long'
        end as refusal
    from {{ ref('segment_experiments', 'int_export_assignments') }} as assignments

),

{% if limits.max_names is not none -%}
{{ target }}_experiments as (

    select distinct experiment_rank
    from {{ target }}_named
    where refusal is null

),

{{ target }}_names as (

    select
        experiment_rank,
        row_number() over (order by experiment_rank) as name_number
    from {{ target }}_experiments

),

{% endif -%}
{{ target }}_numbered as (

    select
        {%- if limits.max_names is not none %}
        names.name_number,
        {%- endif %}
        {%- if limits.max_attributes is not none %}
        row_number() over (
            partition by named.user_id
            order by named.experiment_rank
        ) as attribute_number,
        {%- endif %}
        {%- if limits.max_object is not none %}
        sum({{ segment_experiments.byte_length('named.entry') }} + 2) over (
            partition by named.user_id
            order by named.experiment_rank
            rows between unbounded preceding and current row
        ) as object_bytes,
        {%- endif %}
        named.*
    from {{ target }}_named as named
    {%- if limits.max_names is not none %}
    inner join {{ target }}_names as names on named.experiment_rank = names.experiment_rank
    {%- endif %}
    where named.refusal is null

),

{{ target }} as (

    select
        experiment_id,
        user_id,
        variant,
        assigned_at,
        name,
        entry,
        known_at as changed_at,
        {%- if beyond %}
        case
            {%- for condition, limit, reason in beyond %}
            when {{ condition }} > {{ limit }} then '{{ reason }}'
            {%- endfor %}
        end as exclusion_reason
        {%- else %}
        cast(null as {{ segment_experiments.type_text() }}) as exclusion_reason
        {%- endif %}
    from {{ target }}_numbered

    union all

    -- That an experiment ended is a change, too.
    select
        experiment_id,
        user_id,
        variant,
        assigned_at,
        name,
        entry,
        case when refusal = 'concluded' then ended_at else known_at end as changed_at,
        refusal as exclusion_reason
    from {{ target }}_named
    where refusal is not null

)
{%- endmacro %}


{#-
    One row per user with all experiments in a JSON object.

    Arguments: rows, target (strings), the relation of export_rows_ctes() and the one made; object
    (string), the name of the column with the object.
    Returns: SQL of common table expressions, the last one named as target, with user_id, the object
    (string), experiment_count (integer) and changed_at (timestamp).
-#}
{% macro export_objects_ctes(rows, target, object) -%}
{{ target }}_changes as (

    select
        user_id,
        max(changed_at) as changed_at
    from {{ rows }}
    group by user_id

),

{{ target }}_objects as (

    select
        user_id,
        '{' || {{ segment_experiments.string_list('entry') }} || '}' as {{ object }},
        count(*) as experiment_count
    from {{ rows }}
    where exclusion_reason is null
    group by user_id

),

{{ target }} as (

    select
        objects.user_id,
        objects.{{ object }},
        objects.experiment_count,
        changes.changed_at
    from {{ target }}_objects as objects
    inner join {{ target }}_changes as changes on objects.user_id = changes.user_id

)
{%- endmacro %}
