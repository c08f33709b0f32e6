{#-
    Fails with the combinations of values that occur more than once, and how often.

    Arguments: model (relation); combination_of_columns (list of strings), the grain of the model.
-#}
{% test unique_combination_of_columns(model, combination_of_columns) %}

select
    {{ combination_of_columns | join(',\n    ') }},
    count(*) as occurrences
from {{ model }}
group by {{ combination_of_columns | join(', ') }}
having count(*) > 1

{% endtest %}
