{#-
    Credit of each touch of a conversion, by five models; the credits of a conversion sum to one in each:

        first_touch, last_touch   all to the first, or last, touch
        linear                    the same to each
        time_decay                2 ^ (-age / half-life), divided by the sum of all
        position_based            0.4 to the first and to the last, 0.2 to those between together; of two
                                  each a half

    Touches of the same time are in the order of their numbers.

    Arguments:
        source (string): relation with a row per conversion and touch: the columns of conversion,
            variant_number, analysed_from (timestamp, of the touch). It is read once.
        target (string): relation made: all columns of the source, and <model>_credit (floats).
        conversion (list of columns): what identifies a conversion.
    Returns: SQL of common table expressions, the last named as target.
-#}
{% macro attribution_credits_ctes(source, target, conversion) -%}
    {%- set keys = conversion | join(', ') -%}
    {%- set half_life = segment_experiments.attribution().half_life_days * 86400000000.0 -%}
    {%- set one = segment_experiments.float_literal(1) -%}
    {%- set nothing = segment_experiments.float_literal(0) -%}
{{ target }}_ordered as (

    select
        {{ source }}.*,
        row_number() over (partition by {{ keys }} order by analysed_from, variant_number) as touch_number,
        count(*) over (partition by {{ keys }}) as touches,
        max(analysed_from) over (partition by {{ keys }}) as last_assigned_at
    from {{ source }}

),

-- Ages are counted back from the last touch, whose weight is one, so the sum is never zero.
{{ target }}_aged as (

    select
        {{ target }}_ordered.*,
        {{ segment_experiments.microseconds_between('analysed_from', 'last_assigned_at') }}
            * {{ segment_experiments.float_literal(0.6931471805599453 / half_life) }} as decay_exponent
    from {{ target }}_ordered

),

{{ target }}_weighted as (

    select
        {{ target }}_aged.*,
        case when decay_exponent < 700.0 then exp(-decay_exponent) else {{ nothing }} end as decay_weight
    from {{ target }}_aged

),

{{ target }} as (

    select
        {{ target }}_weighted.*,
        case when touch_number = 1 then {{ one }} else {{ nothing }} end as first_touch_credit,
        case when touch_number = touches then {{ one }} else {{ nothing }} end as last_touch_credit,
        {{ one }} / touches as linear_credit,
        decay_weight / sum(decay_weight) over (partition by {{ keys }}) as time_decay_credit,
        case
            when touches = 1 then {{ one }}
            when touches = 2 then 0.5
            when touch_number = 1 or touch_number = touches then 0.4
            else 0.2 * {{ one }} / (touches - 2)
        end as position_based_credit
    from {{ target }}_weighted

)
{%- endmacro %}


{#- The models of attribution, in the order of the marts: list of strings. -#}
{% macro attribution_models() %}
    {{ return(['first_touch', 'last_touch', 'linear', 'time_decay', 'position_based']) }}
{% endmacro %}


{#-
    The column of the model that the row is about.

    Arguments: relation (string), with a column <model>_<quantity> per model; quantity (string). The row
    has attribution_models.attribution_model, the name of a model.
    Returns: SQL, float.
-#}
{% macro of_attribution_model(relation, quantity) -%}
    case attribution_models.attribution_model
            {%- for model in segment_experiments.attribution_models() %}
            when '{{ model }}' then {{ relation }}.{{ model }}_{{ quantity }}
            {%- endfor %}
        end
{%- endmacro %}
