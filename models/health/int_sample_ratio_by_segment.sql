{#-
    A segment is a day of assignment, or a value of a dimension. Where less than five users are
    expected in a variant the chi-square test is not to be relied on, and none is made.
-#}
{%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}
{%- set day = 'cast(assigned_on as ' ~ segment_experiments.type_text() ~ ')' -%}
with counts as (

    select * from {{ ref('segment_experiments', 'int_assignment_counts') }}
    where exclusion_reason is null

),

variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}

),

segment_counts as (

    {%- for dimension in ['day'] + dimensions %}
    {%- set segment = day if dimension == 'day' else dimension %}

    select
        experiment_id,
        '{{ dimension }}' as dimension,
        {{ segment }} as segment,
        variant,
        cast(sum(users) as {{ dbt.type_bigint() }}) as users
    from counts
    where {{ segment }} is not null
    group by experiment_id, {{ segment }}, variant
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

segments as (

    select distinct
        experiment_id,
        dimension,
        segment
    from segment_counts

),

-- A variant without users in a segment has a row, too.
arms as (

    select
        segments.experiment_id,
        segments.dimension,
        segments.segment,
        variants.variant,
        variants.expected_share,
        coalesce(segment_counts.users, 0) as users
    from segments
    inner join variants on segments.experiment_id = variants.experiment_id
    left join segment_counts
        on
            segments.experiment_id = segment_counts.experiment_id
            and segments.dimension = segment_counts.dimension
            and segments.segment = segment_counts.segment
            and variants.variant = segment_counts.variant

),

{{ segment_experiments.sample_ratio_ctes(
    'arms', 'tested', ['experiment_id', 'dimension', 'segment']
) }},

ranked as (

    select
        tested.*,
        count(*) over (partition by experiment_id, dimension) as segments,
        row_number() over (
            partition by experiment_id, dimension
            order by {{ segment_experiments.rounded_order('p_value') }}, segment
        ) as p_value_rank
    from tested
    where
        p_value is not null
        and smallest_expected_users >= 5

),

-- The more segments are looked at, the more uneven the worst of them is by chance (C. E. Bonferroni).
final as (

    select
        experiment_id,
        dimension,
        segment,
        users,
        segments,
        least(1.0, p_value * segments) as srm_p_value,
        counts
    from ranked
    where p_value_rank = 1

)

select * from final
