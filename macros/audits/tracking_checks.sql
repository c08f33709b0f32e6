{#-
    The checks of tracking_audit: what to do about a finding, and from which share of affected rows
    `dbt test` warns or fails where the setting `tracking_thresholds` does not say otherwise (null:
    never). What is normal to some degree, or nothing to repair, has no threshold.

    Returns: dict name of the check -> {of, warn, error, advice}; `of` says what affected_rows are.
-#}
{% macro tracking_checks() %}
    {{ return({
        'exposure_ignored': {
            'of': 'deliveries', 'warn': none, 'error': none,
            'advice': 'Nothing to do where it is meant: the sender says with these events that nobody was assigned at random.',
        },
        'exposure_without_id': {
            'of': 'deliveries', 'warn': 0.01, 'error': none,
            'advice': 'Send the event with an anonymous id or a user id; ids in the setting blocked_ids do not count.',
        },
        'exposure_without_experiment': {
            'of': 'deliveries', 'warn': 0.01, 'error': none,
            'advice': 'Send the id of the experiment with the event, or name its column in the setting exposure_events.',
        },
        'exposure_without_variant': {
            'of': 'deliveries', 'warn': 0.01, 'error': none,
            'advice': 'Send the variant with the event, or name its column in the setting exposure_events.',
        },
        'id_with_several_names': {
            'of': 'ids', 'warn': none, 'error': none,
            'advice': 'Nothing to do after a renaming: the experiment or variant keeps its first name, or the one in the registry. Names that differ by user or page belong into another property.',
        },
        'name_with_several_ids': {
            'of': 'names', 'warn': 0, 'error': none,
            'advice': 'Give each experiment, and each variant of it, a name of its own: these are told apart by their ids. Where they are one, add the name to the registry, or leave out the column of the id in the setting exposure_events.',
        },
        'redelivered_exposure': {
            'of': 'deliveries', 'warn': none, 'error': none,
            'advice': 'Nothing to do: Segment delivers at least once, and every message counts once here.',
        },
        'repeated_exposure': {
            'of': 'exposures', 'warn': none, 'error': none,
            'advice': 'Send the event once per user, experiment and variant, not on every page view.',
        },
        'assignment_time_missing': {
            'of': 'deliveries', 'warn': none, 'error': none,
            'advice': 'Send the time of the assignment as a property (assignedAt); the time of the event is taken instead, which is late when the event is.',
        },
        'assignment_time_is_a_day': {
            'of': 'deliveries', 'warn': none, 'error': none,
            'advice': 'Send the time of the assignment, not its day: on that day itself the time of the event is taken instead, later the end of the day.',
        },
        'assignment_time_in_the_future': {
            'of': 'deliveries', 'warn': 0.01, 'error': none,
            'advice': 'Stamp the assignment in UTC by a clock that is right, best on the server; these times are not believed.',
        },
        'assignment_time_after_dispatch': {
            'of': 'deliveries', 'warn': 0.01, 'error': none,
            'advice': 'Stamp the assignment before the event is sent, in UTC and not in local time; these times are not believed.',
        },
        'assignment_time_before_experiment': {
            'of': 'deliveries', 'warn': 0.01, 'error': none,
            'advice': 'Correct started_at in the registry, or stop sending the assignments of tests and reviews.',
        },
        'exposure_arrived_late': {
            'of': 'deliveries', 'warn': 0.1, 'error': none,
            'advice': 'Expect results of the last days to grow; if it is not mobile apps that were offline, look at the queue of the sender.',
        },
        'exposure_after_settled': {
            'of': 'exposures', 'warn': none, 'error': none,
            'advice': 'Nothing to do for stragglers. Where users are still assigned, enter the end in the registry: what comes when an experiment has settled does not count for it.',
        },
        'experiment_open_for_long': {
            'of': 'experiments', 'warn': 0, 'error': none,
            'advice': 'Enter its end in the registry: an experiment that is open for more than 180 days makes every run read all messages since its start.',
        },
        'client_clock_wrong': {
            'of': 'deliveries', 'warn': 0.05, 'error': none,
            'advice': 'Nothing to do for the events, whose time Segment corrects; send assignment times from a server, as those of these clients are not believed.',
        },
        'source_stale': {
            'of': 'event tables', 'warn': 0, 'error': none,
            'advice': 'Look whether the event is still sent and whether Segment still loads this table.',
        },
        'setting_names_nothing': {
            'of': 'names in the settings', 'warn': 0, 'error': none,
            'advice': 'Correct the names in the settings; what they name may also be early, as Segment makes tables and columns with the first event that needs them.',
        },
        'variant_column_is_a_number': {
            'of': 'event tables', 'warn': 0, 'error': none,
            'advice': 'Send the variant as a text from the first event on: Segment made a number column, in which a readable variant is lost; let it make a new column (variant_name).',
        },
        'variant_lost_in_number_column': {
            'of': 'deliveries', 'warn': 0, 'error': none,
            'advice': 'These events have no variant in a column that Segment made a number: it drops texts there. Send the variant as a text from the first event on, under a new property name.',
        },
        'variant_is_a_number': {
            'of': 'users', 'warn': none, 'error': none,
            'advice': 'Send a readable variant (control, short-headline): numbers are mixed up, and change when variants are reordered.',
        },
        'variant_is_opaque': {
            'of': 'users', 'warn': none, 'error': none,
            'advice': 'Send the name of the variant beside its id, and name its column first in the setting exposure_events.',
        },
        'experiment_not_registered': {
            'of': 'users', 'warn': none, 'error': none,
            'advice': 'Add the experiment to the registry; until then the control, the dates and the shares are guessed.',
        },
        'experiment_id_breaks_convention': {
            'of': 'experiments', 'warn': none, 'error': none,
            'advice': 'Name the next experiment [page-section]-[element]-[hypothesis]-[YYYY-MM]; do not rename a running one.',
        },
        'experiment_month_differs': {
            'of': 'experiments', 'warn': none, 'error': none,
            'advice': 'The month in the id is not that of the start: correct started_at in the registry, or take a new id when an experiment is started again.',
        },
        'user_in_several_variants': {
            'of': 'users', 'warn': 0.1, 'error': none,
            'advice': 'Keep the variant of a user over devices and visits; see the setting multiple_variant_policy.',
        },
        'several_variants_rerandomised': {
            'of': 'users', 'warn': 0.01, 'error': none,
            'advice': 'The same browser or account got another variant: let the tool keep the variant of a user, and do not change shares or audiences while the experiment runs.',
        },
        'several_variants_second_device': {
            'of': 'users', 'warn': none, 'error': none,
            'advice': 'These users have several devices and got a variant on each: assign by user id where users log in, or expect as many to be left out.',
        },
        'several_variants_lost_cookie': {
            'of': 'users', 'warn': none, 'error': none,
            'advice': 'These users came back as new visitors, likely after their cookie was lost: keep the anonymous id in a cookie set by the server, which Safari does not drop after 7 days.',
        },
        'user_in_unknown_variant': {
            'of': 'users', 'warn': 0.01, 'error': none,
            'advice': 'Add the variant to the registry experiment_variants, or stop sending it. Where none is registered, this is a variant that hardly anybody has.',
        },
        'user_without_credible_time': {
            'of': 'users', 'warn': 0.01, 'error': none,
            'advice': 'Send the assignment time in ISO 8601 and do not set the timestamp of the event by hand.',
        },
        'user_outside_dates': {
            'of': 'users', 'warn': 0.1, 'error': none,
            'advice': 'Correct the dates in the registry, or stop the assignment outside of them.',
        },
        'user_not_activated': {
            'of': 'users', 'warn': none, 'error': none,
            'advice': 'These users did not reach the activation_event of the registry and are not analysed. When it is everybody, check that the event is the name of a table of Segment.',
        },
        'trait_contradicts_exposure': {
            'of': 'users', 'warn': 0.05, 'error': none,
            'advice': 'Send identify with all current experiments at the same moment as the assignment event.',
        },
        'exposure_without_trait': {
            'of': 'users', 'warn': none, 'error': none,
            'advice': 'Where destinations or the table users need the variant, send identify with it at the same moment as the assignment event.',
        },
        'trait_without_exposure': {
            'of': 'users', 'warn': 0.05, 'error': none,
            'advice': 'Send the assignment event beside the identify, or set assignments_from_traits: these users are not analysed.',
        },
        'trait_of_unknown_experiment': {
            'of': 'traits', 'warn': none, 'error': none,
            'advice': 'Add the experiment to the registry, or send its assignment event, too.',
        },
        'trait_of_several_experiments': {
            'of': 'traits', 'warn': 0, 'error': none,
            'advice': 'Rename one of the experiments: their ids differ only in signs that Segment drops.',
        },
        'trait_not_readable': {
            'of': 'traits', 'warn': 0, 'error': none,
            'advice': 'The trait `experiments` has to be an object of experiments and variants, flattened into columns or as JSON: what is here is cut off, nested, or no JSON. Where the column means something else, set experiment_traits_prefix.',
        },
        'trait_not_namespaced': {
            'of': 'columns of identifies', 'warn': 0, 'error': none,
            'advice': 'Send the variant inside the trait `experiments`, not as a trait of its own: this column is not read.',
        },
        'experiments_share_a_column': {
            'of': 'column names', 'warn': 0, 'error': none,
            'advice': 'Rename one of the experiments: their ids differ only in signs that Segment drops, so their traits have one column.',
        },
        'shared_device': {
            'of': 'anonymous ids', 'warn': 0.05, 'error': none,
            'advice': 'Call reset() at logout; see the setting max_users_per_device.',
        },
        'alias_of_itself': {
            'of': 'alias calls', 'warn': 0, 'error': none,
            'advice': 'Call alias before identify: after it, analytics.js sends the user id as the previous one, and nothing is linked.',
        },
        'alias_repeated': {
            'of': 'alias calls', 'warn': 0.05, 'error': none,
            'advice': 'Call alias once per visitor and user, at the sign-up or first login, not on every page of it.',
        },
        'alias_at_every_login': {
            'of': 'alias calls', 'warn': 0.05, 'error': none,
            'advice': 'Call alias only when the visitor was anonymous until now, not at every login.',
        },
        'alias_after_identification': {
            'of': 'alias calls', 'warn': 0.05, 'error': none,
            'advice': 'Call alias at the authentication, not on a later page: the two ids were already linked an hour or more before.',
        },
        'alias_cycle': {
            'of': 'user ids', 'warn': 0, 'error': none,
            'advice': 'Look for alias calls with swapped arguments: these users were aliased in a circle and are taken for one.',
        },
        'metric_value_unreadable': {
            'of': 'deliveries', 'warn': 0, 'error': none,
            'advice': 'Send the value as a number, or as a text such as 1234.50, without a currency, a separator of thousands or a comma: these events count with the value 0.',
        },
        'metric_value_missing': {
            'of': 'deliveries', 'warn': none, 'error': none,
            'advice': 'Nothing to do where an event may have no value; else look whether the metric names the right column: these events count with the value 0.',
        },
        'metric_time_is_a_day': {
            'of': 'deliveries', 'warn': none, 'error': none,
            'advice': 'Name a column with a time in the metric: these events count as if they happened at the end of their day, or when they were received.',
        },
        'metric_event_without_time': {
            'of': 'deliveries', 'warn': 0.01, 'error': none,
            'advice': 'Send the time in ISO 8601, or name the right column in the metric: these events have none that can be read, or one before 2010, and do not count.',
        },
        'metric_event_without_id': {
            'of': 'deliveries', 'warn': none, 'error': none,
            'advice': 'Send the event with an anonymous id or a user id: these events, which may be those of guests, do not count.',
        },
    }) }}
{% endmacro %}


{#-
    The setting `tracking_thresholds`, checked, over the defaults of tracking_checks().

    Returns: dict name of the check -> {warn, error}: shares from 0 to 1, or null for never.
    Errors: a compilation error for an unknown check or key, and for no share.
-#}
{% macro tracking_thresholds() %}
    {% set checks = segment_experiments.tracking_checks() %}
    {% set thresholds = {} %}
    {% for name, check in checks.items() %}
        {% do thresholds.update({name: {'warn': check.warn, 'error': check.error}}) %}
    {% endfor %}
    {% for name, own in segment_experiments.setting('tracking_thresholds').items() %}
        {% if name not in checks %}
            {{ segment_experiments.raise_setting_error(
                'tracking_thresholds', name, 'one of the checks ' ~ checks.keys() | join(', ')
            ) }}
        {% elif own is not mapping or own.keys() | reject('in', ['warn', 'error']) | list %}
            {{ segment_experiments.raise_setting_error(
                'tracking_thresholds: ' ~ name, own, 'a mapping with the keys warn and error'
            ) }}
        {% endif %}
        {% for key, share in own.items() %}
            {% if share is not none and not segment_experiments.is_number_within(share, 0, 1) %}
                {{ segment_experiments.raise_setting_error(
                    'tracking_thresholds: ' ~ name ~ ': ' ~ key, share,
                    'a share from 0 to 1, or null for never'
                ) }}
            {% endif %}
        {% endfor %}
        {% do thresholds[name].update(own) %}
    {% endfor %}
    {{ return(thresholds) }}
{% endmacro %}
