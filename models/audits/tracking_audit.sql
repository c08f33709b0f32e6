with arrivals as (

    select * from {{ ref('segment_experiments', 'int_exposure_audit') }}

),

assignments as (

    select * from {{ ref('segment_experiments', 'experiment_assignments') }}

),

identities as (

    select * from {{ ref('segment_experiments', 'identity_map') }}

),

traits as (

    select * from {{ ref('segment_experiments', 'stg_segment__experiment_traits') }}

),

message_counts as (

    select
        experiment_id,
        sum(deliveries) as deliveries,
        sum(usable) as usable,
        {%- for reason in ['ignored', 'no_id', 'no_experiment', 'no_variant'] %}
        sum({{ reason }}) as {{ reason }},
        min({{ reason }}_first) as {{ reason }}_first,
        max({{ reason }}_last) as {{ reason }}_last,
        min({{ reason }}_example) as {{ reason }}_example,
        {%- endfor %}
        min(first_received_at) as first_received_at,
        max(last_received_at) as last_received_at
    from arrivals
    group by experiment_id

),

assignment_counts as (

    select
        experiment_id,
        count(*) as users,
        sum(exposures) as exposures,
        min(assigned_at) as first_assigned_at,
        max(last_exposed_at) as last_exposed_at,
        sum(duplicate_exposures) as duplicate_exposures,
        min(case when duplicate_exposures > 0 then user_key end) as duplicate_example,
        {%- for reason in ['unknown_variant', 'invalid_time', 'outside_dates'] %}
        sum(case when exclusion_reason = '{{ reason }}' then 1 else 0 end) as {{ reason }},
        min(case when exclusion_reason = '{{ reason }}' then user_key end) as {{ reason }}_example,
        {%- endfor %}
        sum(case when is_trait_consistent is not null then 1 else 0 end) as users_with_trait,
        sum(case when not is_trait_consistent then 1 else 0 end) as inconsistent_traits,
        min(case when not is_trait_consistent then user_key end) as inconsistent_trait_example,
        sum(case when is_crossover then 1 else 0 end) as crossovers,
        min(case when is_crossover then user_key end) as crossover_example
    from assignments
    group by experiment_id

),

shared_devices as (

    select
        sum(case when is_shared_device then 1 else 0 end) as devices,
        count(*) as all_devices,
        min(case when is_shared_device then identifier end) as example
    from identities
    where identifier_type = 'anonymous_id'

),

trait_counts as (

    select
        {%- for status in ['unknown', 'ambiguous'] %}
        sum(case when mapping_status = '{{ status }}' then 1 else 0 end) as {{ status }},
        min(case when mapping_status = '{{ status }}' then received_at end) as {{ status }}_first,
        max(case when mapping_status = '{{ status }}' then received_at end) as {{ status }}_last,
        min(case when mapping_status = '{{ status }}' then trait end) as {{ status }}_example,
        {%- endfor %}
        count(*) as traits
    from traits

),

checks as (

    {%- for reason, check_name, advice in [
        ('ignored', 'exposure_ignored',
            'Nothing to do where it is meant: the sender says with these events that nobody was assigned at random.'),
        ('no_id', 'exposure_without_id',
            'Send the event with an anonymous id or a user id; ids in the setting blocked_ids do not count.'),
        ('no_experiment', 'exposure_without_experiment',
            'Send the id of the experiment with the event, or name its column in the setting exposure_events.'),
        ('no_variant', 'exposure_without_variant',
            'Send the variant with the event, or name its column in the setting exposure_events.')
    ] %}

    select
        '{{ check_name }}' as check_name,
        experiment_id,
        {{ reason }} as affected_rows,
        deliveries as total_rows,
        {{ reason }}_first as first_seen_at,
        {{ reason }}_last as last_seen_at,
        {{ reason }}_example as example,
        '{{ advice }}' as advice
    from message_counts

    union all
    {%- endfor %}

    -- What was delivered and is no exposure of anybody is a copy.
    select
        'redelivered_exposure' as check_name,
        message_counts.experiment_id,
        message_counts.usable - coalesce(assignment_counts.exposures, 0) as affected_rows,
        message_counts.deliveries as total_rows,
        case
            when message_counts.usable > coalesce(assignment_counts.exposures, 0)
                then message_counts.first_received_at
        end as first_seen_at,
        case
            when message_counts.usable > coalesce(assignment_counts.exposures, 0)
                then message_counts.last_received_at
        end as last_seen_at,
        cast(null as {{ dbt.type_string() }}) as example,
        'Nothing to do: Segment delivers at least once, and every message counts once here.'
            as advice
    from message_counts
    left join assignment_counts
        on message_counts.experiment_id = assignment_counts.experiment_id

    union all

    {%- for affected, total, check_name, example, advice in [
        ('duplicate_exposures', 'exposures', 'repeated_exposure', 'duplicate_example',
            'Send the event once per user, experiment and variant, not on every page view.'),
        ('crossovers', 'users', 'user_in_several_variants', 'crossover_example',
            'Keep the variant of a user over devices and visits; see the setting multiple_variant_policy.'),
        ('inconsistent_traits', 'users_with_trait', 'trait_contradicts_exposure',
            'inconsistent_trait_example',
            'Send identify with all current experiments at the same moment as the assignment event.'),
        ('unknown_variant', 'users', 'user_in_unknown_variant', 'unknown_variant_example',
            'Add the variant to the registry experiment_variants, or stop sending it.'),
        ('invalid_time', 'users', 'user_without_credible_time', 'invalid_time_example',
            'Send the assignment time in ISO 8601 and do not set the timestamp of the event by hand.'),
        ('outside_dates', 'users', 'user_outside_dates', 'outside_dates_example',
            'Correct the dates in the registry, or stop the assignment outside of them.')
    ] %}

    select
        '{{ check_name }}' as check_name,
        experiment_id,
        {{ affected }} as affected_rows,
        {{ total }} as total_rows,
        case when {{ affected }} > 0 then first_assigned_at end as first_seen_at,
        case when {{ affected }} > 0 then last_exposed_at end as last_seen_at,
        {{ example }} as example,
        '{{ advice }}' as advice
    from assignment_counts

    union all
    {%- endfor %}

    {%- for status, check_name, advice in [
        ('unknown', 'trait_of_unknown_experiment',
            'Add the experiment to the registry, or send its assignment event, too.'),
        ('ambiguous', 'trait_of_several_experiments',
            'Rename one of the experiments: their ids differ only in signs that Segment drops.')
    ] %}

    select
        '{{ check_name }}' as check_name,
        cast(null as {{ dbt.type_string() }}) as experiment_id,
        coalesce({{ status }}, 0) as affected_rows,
        traits as total_rows,
        {{ status }}_first as first_seen_at,
        {{ status }}_last as last_seen_at,
        {{ status }}_example as example,
        '{{ advice }}' as advice
    from trait_counts

    union all
    {%- endfor %}

    select
        'shared_device' as check_name,
        cast(null as {{ dbt.type_string() }}) as experiment_id,
        coalesce(devices, 0) as affected_rows,
        all_devices as total_rows,
        cast(null as {{ dbt.type_timestamp() }}) as first_seen_at,
        cast(null as {{ dbt.type_timestamp() }}) as last_seen_at,
        example,
        'Call reset() at logout; see the setting max_users_per_device.' as advice
    from shared_devices

),

final as (

    select
        check_name,
        experiment_id,
        cast(affected_rows as {{ dbt.type_bigint() }}) as affected_rows,
        cast(total_rows as {{ dbt.type_bigint() }}) as total_rows,
        case
            when total_rows > 0
                then affected_rows / cast(total_rows as {{ segment_experiments.type_double() }})
        end as share,
        first_seen_at,
        last_seen_at,
        example,
        advice
    from checks

)

select * from final
