{#-
    What the tools accept, from their public documentation; see docs/exports.md. Lengths in bytes, so
    that no tool that counts characters is given too many.

    Returns: dict name of an export model -> dict with
        tool (string): of export_tools();
        name (string): what stands for an experiment: `property` (its id after a readable prefix),
            `column` (a name of letters, digits and _), `id` (the id itself), or `cohort` (of one
            variant; a number of the part may follow);
        min_user_id, max_user_id (integers): characters and bytes of a user id;
        max_name, max_value (integers): bytes of a name and of a value;
        max_attributes (integer or none): names for one user;
        max_names (integer or none): names for all users together;
        max_object (integer or none): bytes of all names and values of one user together.
-#}
{% macro export_limits() %}
    {#- All string values of Amplitude end at 1,024 characters; ids shorter than 5 are dropped. -#}
    {% set amplitude = {
        'tool': 'amplitude', 'name': 'property', 'min_user_id': 5, 'max_user_id': 1024,
        'max_name': 1024, 'max_value': 1024, 'max_attributes': none, 'max_names': none,
        'max_object': none,
    } %}
    {#- What goes through Segment is a message of at most 32 KB. -#}
    {% set max_object = 32000 %}
    {{ return({
        'export_amplitude_cohorts': dict(amplitude, name='cohort', max_name=1000),
        'export_amplitude_events': amplitude,
        'export_amplitude_user_properties': dict(
            amplitude, max_attributes=segment_experiments.max_export_attributes(1000),
            max_object=max_object
        ),
        'export_customerio_people': {
            'tool': 'customerio', 'name': 'column', 'min_user_id': 1, 'max_user_id': 150,
            'max_name': 150, 'max_value': 1000,
            'max_attributes': segment_experiments.max_export_attributes(300), 'max_names': none,
            'max_object': max_object,
        },
        'export_intercom_contacts': {
            'tool': 'intercom', 'name': 'column', 'min_user_id': 1, 'max_user_id': 255,
            'max_name': 190, 'max_value': 255, 'max_attributes': none,
            'max_names': segment_experiments.max_export_attributes(250), 'max_object': max_object,
        },
        'export_segment_traits': {
            'tool': 'segment', 'name': 'id', 'min_user_id': 1, 'max_user_id': 191,
            'max_name': 1024, 'max_value': 1024,
            'max_attributes': segment_experiments.max_export_attributes(none), 'max_names': none,
            'max_object': max_object,
        },
    }) }}
{% endmacro %}


{#-
    The smaller of the setting `export_max_attributes` and a tool's own limit.

    Arguments: limit (integer or none).
    Returns: integer or none.
-#}
{% macro max_export_attributes(limit) %}
    {% set wanted = segment_experiments.setting('export_max_attributes') %}
    {{ return([wanted, limit] | reject('none') | min if wanted or limit else none) }}
{% endmacro %}


{#- Users that Amplitude takes in one cohort. Returns: integer. -#}
{% macro max_cohort_users() %}
    {{ return(2000000) }}
{% endmacro %}
