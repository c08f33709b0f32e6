{{ config(enabled=segment_experiments.is_in_modules('interactions')) }}
{#-
    Whoever is in two experiments is under the influence of both from the later of the two assignments
    on, and the window of that assignment is the one that counts: the later experiment's value of the
    user is taken, so no event has to be read.

    Only users with a value are joined. The values are taken from the mean of the metric, so that one
    pass gives the variance without loss of digits.
-#}
with variants as (

    select
        variant_number,
        is_computed
    from {{ ref('segment_experiments', 'int_joint_variants') }}

),

user_values as (

    select * from {{ ref('segment_experiments', 'int_joint_values') }}

),

metrics as (

    select * from {{ ref('segment_experiments', 'int_metrics') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'int_joint_assignments') }}

),

earlier as (

    select
        assignments.*,
        variants.is_computed
    from assignments
    inner join variants on assignments.variant_number = variants.variant_number

),

metric_sums as (

    select * from {{ ref('segment_experiments', 'int_metric_sums') }}
    where slice = 'overall'

),

centers as (

    select
        metric_sums.metric,
        {%- for quantity in ['value', 'denominator'] %}
        coalesce(
            sum(metric_sums.{{ quantity }}_active_mean * metric_sums.active_users)
            / nullif(sum(metric_sums.active_users), 0),
            0.0
        ) as {{ quantity }}_center,
        {%- endfor %}
        metrics.metric_number
    from metric_sums
    inner join metrics on metric_sums.metric = metrics.metric
    group by metric_sums.metric, metrics.metric_number

),

active as (

    select
        user_values.user_number,
        user_values.experiment_number,
        user_values.variant_number,
        user_values.analysed_from,
        user_values.metric_number,
        variants.is_computed,
        user_values.value - centers.value_center as value,
        user_values.denominator - centers.denominator_center as denominator
    from user_values
    inner join centers on user_values.metric_number = centers.metric_number
    inner join variants on user_values.variant_number = variants.variant_number

),

paired as (

    select
        active.variant_number,
        earlier.variant_number as earlier_variant_number,
        active.metric_number,
        cast(count(*) as {{ segment_experiments.type_double() }}) as active_users,
        sum(active.value) as value_sum,
        sum(active.denominator) as denominator_sum,
        sum(active.value * active.value) as value_value_sum,
        sum(active.value * active.denominator) as value_denominator_sum,
        sum(active.denominator * active.denominator) as denominator_denominator_sum
    from active
    inner join earlier
        on
            active.user_number = earlier.user_number
            and active.experiment_number <> earlier.experiment_number
            and (active.is_computed or earlier.is_computed)
    where
        earlier.analysed_from < active.analysed_from
        or (
            earlier.analysed_from = active.analysed_from
            and earlier.experiment_number < active.experiment_number
        )
    group by active.variant_number, earlier.variant_number, active.metric_number

),

-- Variants are numbered in the order of their experiments.
united as (

    select
        least(variant_number, earlier_variant_number) as variant_number_a,
        greatest(variant_number, earlier_variant_number) as variant_number_b,
        metric_number,
        sum(active_users) as active_users,
        sum(value_sum) as value_sum,
        sum(denominator_sum) as denominator_sum,
        sum(value_value_sum) as value_value_sum,
        sum(value_denominator_sum) as value_denominator_sum,
        sum(denominator_denominator_sum) as denominator_denominator_sum
    from paired
    group by
        least(variant_number, earlier_variant_number),
        greatest(variant_number, earlier_variant_number),
        metric_number

),

final as (

    select
        centers.metric,
        united.variant_number_a,
        united.variant_number_b,
        united.active_users,
        united.value_sum + united.active_users * centers.value_center as total,
        {%- for quantity in ['value', 'denominator'] %}
        centers.{{ quantity }}_center + united.{{ quantity }}_sum / united.active_users
            as {{ quantity }}_active_mean,
        {{ segment_experiments.without_rounding(
            'united.' ~ quantity ~ '_' ~ quantity ~ '_sum - united.' ~ quantity ~ '_sum * united.'
            ~ quantity ~ '_sum / united.active_users',
            'united.' ~ quantity ~ '_' ~ quantity ~ '_sum + 1e-17 * united.active_users * centers.'
            ~ quantity ~ '_center * centers.' ~ quantity ~ '_center'
        ) }} as products_{{ quantity }}_{{ quantity }},
        {%- endfor %}
        united.value_denominator_sum
        - united.value_sum * united.denominator_sum / united.active_users
            as products_value_denominator
    from united
    inner join centers on united.metric_number = centers.metric_number

)

select * from final
