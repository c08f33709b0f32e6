{#-
    Normal posterior of the relative effect: the prior N(`prior_mean`, `prior_sd`^2), or a flat one,
    and a normal likelihood with the delta-method error of the relative lift. With the shrinkage
    w = sd^2 / (sd^2 + SE^2), 1 for a flat prior, the posterior has

        mean = prior_mean + w (lift - prior_mean),    variance = w SE^2

    Source: A. Gelman et al., Bayesian Data Analysis, 3rd ed. (2013), 2.5; the error by A. Deng,
    U. Knoblich, J. Lu, Applying the Delta Method in Metric Analytics, KDD 2018.
-#}

{#-
    Squared standard error of (mT - mC) / |mC|: (vT/nT + (mT / mC)^2 vC/nC) / mC^2.

    Arguments (SQL, floats): mean, squared_error (v/n), control_mean (not 0), control_squared_error
    (vC/nC).
-#}
{% macro relative_squared_error(mean, squared_error, control_mean, control_squared_error) -%}
    ({{ squared_error }} + {{ mean }} / {{ control_mean }} * {{ mean }} / {{ control_mean }}
        * {{ control_squared_error }}) / ({{ control_mean }} * {{ control_mean }})
{%- endmacro %}


{#- The shrinkage w. Argument: squared_error (SQL, float), of the relative lift. -#}
{% macro posterior_weight(squared_error) -%}
    {%- set deviation = segment_experiments.setting('prior_sd') -%}
    {%- if deviation is none -%}
        1.0
    {%- else -%}
        1.0 / (1.0 + {{ squared_error }} / {{ segment_experiments.float_literal(deviation * deviation) }})
    {%- endif -%}
{%- endmacro %}


{#- Mean of the posterior. Arguments (SQL, floats): lift, the relative one; weight, w. -#}
{% macro posterior_mean(lift, weight) -%}
    {%- set prior = segment_experiments.setting('prior_mean') -%}
    {%- if segment_experiments.setting('prior_sd') is none -%}
        {{ lift }}
    {%- else -%}
        {{ prior }} + {{ weight }} * ({{ lift }} - ({{ prior }}))
    {%- endif -%}
{%- endmacro %}
