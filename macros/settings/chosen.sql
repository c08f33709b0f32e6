{#-
    What one of several choices means, where a setting is turned into SQL: a choice that the settings allow
    and this place does not know would otherwise be taken for another one.

    Arguments: place (string), as it is told; choice (any); meanings (dict choice -> any).
    Returns: the meaning.
    Errors: a compilation error when the choice has none.
-#}
{% macro meaning_of(place, choice, meanings) %}
    {% if choice not in meanings %}
        {{ exceptions.raise_compiler_error(
            'segment_experiments: ' ~ place ~ ' has no meaning for `' ~ choice ~ '`, only for '
            ~ meanings.keys() | join(', ') ~ '.'
        ) }}
    {% endif %}
    {{ return(meanings[choice]) }}
{% endmacro %}


{#-
    What the choice of a setting means.

    Arguments: name (string), of the setting; meanings (dict choice -> any).
    Returns: the meaning.
    Errors: as of meaning_of().
-#}
{% macro chosen(name, meanings) %}
    {{ return(segment_experiments.meaning_of(
        'the setting ' ~ name, segment_experiments.setting(name), meanings
    )) }}
{% endmacro %}


{#-
    Condition that a metric is of one of some types, all others being known at this place, too.

    Arguments: column (SQL), metric_type; types (list of strings), for which it is true; others (list of
    strings), for which it is false.
    Returns: SQL, boolean.
    Errors: a compilation error when a metric of the settings has a type that is in neither list.
-#}
{% macro is_of_type(column, types, others) %}
    {% set meanings = {} %}
    {% for type in types + others %}
        {% do meanings.update({type: type in types}) %}
    {% endfor %}
    {% for metric in segment_experiments.metrics() %}
        {% do segment_experiments.meaning_of(
            (model.name if model is defined else 'this place') ~ ' (metrics: ' ~ metric.name ~ ': type)',
            metric.type, meanings
        ) %}
    {% endfor %}
    {{ return(column ~ " in ('" ~ types | join("', '") ~ "')") }}
{% endmacro %}
