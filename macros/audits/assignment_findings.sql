{#-
    What int_assignment_audit counts of the users of an experiment.

    Returns: dict check -> [SQL condition on its CTE explained_assignments, the column that it is a share of].
-#}
{% macro assignment_findings() %}
    {{ return({
        'user_in_several_variants': ['is_crossover', 'users'],
        'several_variants_rerandomised': ["reason = 'rerandomised'", 'users'],
        'several_variants_second_device': ["reason = 'second_device'", 'users'],
        'several_variants_lost_cookie': ["reason = 'lost_cookie'", 'users'],
        'user_in_unknown_variant': ["exclusion_reason = 'unknown_variant'", 'users'],
        'user_without_credible_time': ["exclusion_reason = 'invalid_time'", 'users'],
        'user_outside_dates': ["exclusion_reason = 'outside_dates'", 'users'],
        'user_not_activated': ["exclusion_reason = 'not_activated'", 'users'],
        'trait_contradicts_exposure': ['not is_trait_consistent', 'users_with_trait'],
        'exposure_without_trait': ['trait_variant is null', 'users'],
        'variant_is_a_number': ['is_number', 'users'],
        'variant_is_opaque': ['is_opaque', 'users'],
    }) }}
{% endmacro %}
