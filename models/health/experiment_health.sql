{#-
    `fail` is for what makes the comparison itself wrong; every verdict of the experiment is then
    `do not trust`. `warn` is for what to look at. The rules are in DECISIONLOG.md, "Health".
-#}
{%- set text = segment_experiments.type_text() -%}
{%- set double = segment_experiments.type_double() -%}
{%- set srm_alpha = segment_experiments.setting('srm_alpha') -%}
{%- set dimensions = segment_experiments.assignment_dimensions().keys() | list -%}
with totals as (

    select * from {{ ref('segment_experiments', 'int_assignment_totals') }}

),

variants as (

    select * from {{ ref('segment_experiments', 'int_experiment_variants') }}

),

sample_ratios as (

    select * from {{ ref('segment_experiments', 'int_sample_ratio') }}

),

assigned_ratios as (

    select * from {{ ref('segment_experiments', 'int_assigned_sample_ratio') }}

),

segments as (

    select * from {{ ref('segment_experiments', 'int_sample_ratio_by_segment') }}

),

pre_periods as (

    select * from {{ ref('segment_experiments', 'int_pre_period_balance') }}

),

experiments as (

    select * from {{ ref('segment_experiments', 'mart_experiments') }}

),

times as (

    select * from {{ ref('segment_experiments', 'int_experiment_times') }}

),

caps as (

    select * from {{ ref('segment_experiments', 'int_metric_caps') }}

),

emptied_metrics as (

    select
        experiment_id,
        count(*) as metrics,
        {{ segment_experiments.string_list('metric') }} as metric_names
    from caps
    where is_nothing_left
    group by experiment_id

),

ordered_variants as (

    select
        variants.*,
        row_number() over (partition by experiment_id order by users, variant) as size_rank
    from variants

),

variant_counts as (

    select
        experiment_id,
        count(*) as variant_count,
        max(control_variant) as control_variant,
        max(case when is_control then users end) as control_users,
        max(case when size_rank = 1 then users end) as smallest_users,
        max(case when size_rank = 1 then variant end) as smallest_variant
    from ordered_variants
    group by experiment_id

),

measured as (

    select
        totals.*,
        coalesce(variant_counts.variant_count, 0) as variant_count,
        variant_counts.control_variant,
        coalesce(variant_counts.control_users, 0) as control_users,
        coalesce(variant_counts.smallest_users, 0) as smallest_users,
        variant_counts.smallest_variant,
        sample_ratios.srm_p_value,
        sample_ratios.counts,
        pre_periods.p_value as pre_period_p_value,
        pre_periods.comparisons,
        pre_periods.metric as pre_period_metric,
        pre_periods.variant as pre_period_variant,
        coalesce(emptied_metrics.metrics, 0) as emptied_metrics,
        emptied_metrics.metric_names as emptied_metric_names,
        cast(experiments.planned_end as date) as planned_on,
        case when experiments.has_reached_end and experiments.status = 'running' then 1.0 else 0.0 end
        * coalesce(
            {{ segment_experiments.microseconds_between('experiments.planned_end', 'times.as_of') }}, 0
        ) / 86400000000.0 as days_after_planned_end
    from totals
    left join variant_counts on totals.experiment_id = variant_counts.experiment_id
    left join sample_ratios on totals.experiment_id = sample_ratios.experiment_id
    left join pre_periods on totals.experiment_id = pre_periods.experiment_id
    left join emptied_metrics on totals.experiment_id = emptied_metrics.experiment_id
    left join experiments on totals.experiment_id = experiments.experiment_id
    left join times on totals.experiment_id = times.experiment_id

),

checks as (

    -- Where users are analysed from an activation event on, also before it.
    {%- for check_name, relation in [
        ('sample_ratio_mismatch', 'measured'), ('sample_ratio_mismatch_of_assigned', 'assigned_ratios')
    ] %}

    select
        experiment_id,
        '{{ check_name }}' as check_name,
        case when srm_p_value < {{ srm_alpha }} then 'fail' else 'pass' end as status,
        srm_p_value as value,
        {{ segment_experiments.float_literal(srm_alpha) }} as threshold,
        counts as detail
    from {{ relation }}

    union all
    {%- endfor %}

    {%- for dimension in ['day'] + dimensions %}

    select
        measured.experiment_id,
        'sample_ratio_mismatch_by_{{ dimension }}' as check_name,
        case when segments.srm_p_value < {{ srm_alpha }} then 'fail' else 'pass' end as status,
        segments.srm_p_value as value,
        {{ segment_experiments.float_literal(srm_alpha) }} as threshold,
        case
            when segments.segment is null then 'Nowhere enough users for a test'
            else
                'Most uneven of ' || cast(segments.segments as {{ text }}) || ': {{ dimension }} = '
                || segments.segment || ': ' || segments.counts
        end as detail
    from measured
    left join segments
        on
            measured.experiment_id = segments.experiment_id
            and segments.dimension = '{{ dimension }}'

    union all
    {%- endfor %}

    {%- for check_name, status, condition, value, threshold, detail in [
        (
            'crossovers', 'fail', 'value > threshold', 'cast(crossover_users as ' ~ double ~ ') / nullif(all_users, 0)',
            segment_experiments.setting('max_crossover_share'),
            ['crossover_users', "' of '", 'all_users', "' users were seen in several variants'"]
        ),
        (
            'missing_control', 'fail', 'value < threshold', 'case when variant_count > 1 then control_users else 0 end', 1,
            [
                "'Users in the control '", "coalesce(control_variant, 'that nobody named')", "': '",
                'control_users', "'; variants: '", 'variant_count'
            ]
        ),
        (
            'unknown_variants', 'warn', 'value > threshold', 'cast(unknown_variant_users as ' ~ double ~ ') / nullif(all_users, 0)', 0,
            [
                'unknown_variant_users', "' of '", 'all_users',
                "' users are in variants that the registry does not list, or that hardly anybody has: '",
                "coalesce(unknown_variants, '-')"
            ]
        ),
        (
            'duplicate_exposures', 'warn', 'value > threshold', 'cast(duplicate_exposures as ' ~ double ~ ') / nullif(exposures, 0)',
            segment_experiments.setting('duplicate_exposures_warn_share'),
            ['duplicate_exposures', "' of '", 'exposures', "' exposures repeat an earlier one'"]
        ),
        (
            'pre_period_imbalance', 'warn', 'value < threshold', 'pre_period_p_value', srm_alpha,
            [
                "'Most uneven of '", 'coalesce(comparisons, 0)', "' before the assignment: '",
                "coalesce(pre_period_metric, '-')", "' in '", "coalesce(pre_period_variant, '-')"
            ]
        ),
        (
            'too_few_users', 'warn', 'value < threshold', 'smallest_users',
            segment_experiments.setting('min_users_per_variant'),
            ["'Smallest variant: '", "coalesce(smallest_variant, '-')", "', users: '", 'smallest_users']
        ),
        (
            'exposures_after_end', 'warn', 'value > threshold', 'cast(users_exposed_after_end as ' ~ double ~ ') / nullif(all_users, 0)', 0,
            [
                'users_exposed_after_end', "' of '", 'all_users',
                "' users were exposed after the registered end'"
            ]
        ),
        (
            'immature_results', 'warn', 'value > threshold', 'cast(immature_users as ' ~ double ~ ') / nullif(users, 0)', 0,
            [
                'immature_users', "' of '", 'users',
                "' users have not yet had the longest window of the metrics'"
            ]
        ),
        (
            'runs_after_planned_end', 'warn', 'value > threshold', 'days_after_planned_end', 0,
            [
                "'Planned to be decided on '", "coalesce(cast(planned_on as " ~ text ~ "), '-')",
                "'; the ordinary interval holds for one look, and each further one adds to the error rate'"
            ]
        ),
        (
            'cap_at_zero', 'warn', 'value > threshold', 'emptied_metrics', 0,
            [
                "'Metrics whose cap_percentile falls on users with 0, so that nothing is left of them: '",
                "coalesce(emptied_metric_names, '-')"
            ]
        ),
    ] %}
    {%- set value_column = 'cast(' ~ value ~ ' as ' ~ segment_experiments.type_double() ~ ')' %}
    {%- set threshold_column = segment_experiments.float_literal(threshold) %}

    select
        experiment_id,
        '{{ check_name }}' as check_name,
        case
            when {{ condition | replace('value', value_column) | replace('threshold', threshold_column) }}
                then '{{ status }}'
            else 'pass'
        end as status,
        {{ value_column }} as value,
        {{ threshold_column }} as threshold,
        {%- for part in detail %}
        {{ '|| ' if not loop.first }}
        {{- part if part.startswith("'") else 'cast(' ~ part ~ ' as ' ~ text ~ ')' }}
        {%- endfor %} as detail
    from measured
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

),

final as (

    select
        experiment_id,
        check_name,
        status,
        value,
        threshold,
        detail
    from checks

)

select * from final
