{#-
    Survival function of the standard normal distribution, P(Z > z), right to 1e-12 of its value
    for |z| <= 37 (so p-values down to 1e-300).

    Source: P(Z > z) = exp(-z^2/2) / sqrt(2 pi) * integral over s > 0 of exp(-z s - s^2/2), by the
    quadrature of quadrature_nodes(). With a = z S and S the upper end, the exponent at the node x
    is a (x - x^2) + E x^2.

    Arguments: z (SQL, float; best a column, it is repeated).
    Returns: SQL, float from 0 to 1.
-#}
{% macro normal_survival(z) -%}
    {%- set top = segment_experiments.quadrature_exponent() -%}
    {%- set upper_end -%}
        ({{ 2 * top }}.0 / (sqrt({{ z }} * {{ z }} + {{ 2 * top }}.0) + abs({{ z }})))
    {%- endset -%}
    case
        when {{ z }} is null then null
        when abs({{ z }}) > 38.5 then case when {{ z }} > 0 then 0.0 else 1.0 end
        else
            case when {{ z }} < 0 then 1.0 else 0.0 end
            + case when {{ z }} < 0 then -1.0 else 1.0 end
            * exp(-{{ z }} * {{ z }} / 2.0) * {{ upper_end }} * 0.3989422804014327 * (
                {%- for node, weight in segment_experiments.quadrature_nodes() %}
                {{ '+ ' if not loop.first }}{{ weight }} * exp(
                    -abs({{ z }}) * {{ upper_end }} * {{ node - node * node }} - {{ top * node * node }}
                )
                {%- endfor %}
            )
    end
{%- endmacro %}


{#-
    Loss function of the standard normal distribution, E[max(Z - z, 0)] = phi(z) - z P(Z > z), right
    to 1e-12 of its value for |z| <= 37; the plain formula loses it where the two terms are equal.

    Source: for z >= 0 it is exp(-z^2/2) / sqrt(2 pi) * integral over s > 0 of s exp(-z s - s^2/2),
    by the same quadrature as normal_survival(); for z < 0 that of -z, less z.

    Arguments: z (SQL, float; best a column, it is repeated).
    Returns: SQL, float, not negative.
-#}
{% macro normal_loss(z) -%}
    {%- set top = segment_experiments.quadrature_exponent() -%}
    {%- set upper_end -%}
        ({{ 2 * top }}.0 / (sqrt({{ z }} * {{ z }} + {{ 2 * top }}.0) + abs({{ z }})))
    {%- endset -%}
    case
        when {{ z }} is null then null
        when abs({{ z }}) > 38.5 then case when {{ z }} > 0 then 0.0 else -{{ z }} end
        else
            case when {{ z }} < 0 then -{{ z }} else 0.0 end
            + exp(-{{ z }} * {{ z }} / 2.0) * {{ upper_end }} * {{ upper_end }} * 0.3989422804014327 * (
                {%- for node, weight in segment_experiments.quadrature_nodes() %}
                {{ '+ ' if not loop.first }}{{ weight * node }} * exp(
                    -abs({{ z }}) * {{ upper_end }} * {{ node - node * node }} - {{ top * node * node }}
                )
                {%- endfor %}
            )
    end
{%- endmacro %}


{#- Density of the standard normal distribution at a number, as a number. Argument: z (number). -#}
{% macro normal_density_number(z) -%}
    {{ return(0.3989422804014327 * 2.718281828459045 ** (-z * z / 2)) }}
{%- endmacro %}


{#-
    P(Z > z) as a number, as normal_survival() computes it in SQL.

    Arguments: z (number).
    Returns: number.
-#}
{% macro normal_survival_number(z) -%}
    {%- set top = segment_experiments.quadrature_exponent() -%}
    {%- set a = z | abs -%}
    {%- set upper_end = 2 * top / ((a * a + 2 * top) ** 0.5 + a) -%}
    {%- set state = namespace(sum=0.0) -%}
    {%- for node, weight in segment_experiments.quadrature_nodes() -%}
        {%- set state.sum = state.sum + weight
            * 2.718281828459045 ** (-a * upper_end * (node - node * node) - top * node * node) -%}
    {%- endfor -%}
    {%- set tail = segment_experiments.normal_density_number(a) * upper_end * state.sum -%}
    {{ return(tail if z >= 0 else 1 - tail) }}
{%- endmacro %}


{#-
    Quantile of the standard normal distribution, with 15 digits. Confidence level and power are
    settings, so it is computed when the project is compiled and stands in the SQL as a number.

    Source: M. J. Wichura, Algorithm AS 241: The Percentage Points of the Normal Distribution,
    Applied Statistics 37 (1988), routine PPND16.

    Arguments: p (number, 1e-300 < p < 1).
    Returns: number.
-#}
{% macro normal_quantile(p) -%}
    {%- set center = p - 0.5 -%}
    {#- dbt 2 knows no comparison of three numbers. -#}
    {%- if center | abs <= 0.425 -%}
        {{ return(center * segment_experiments.rational_number(0.180625 - center * center, [
            3.3871328727963666080, 133.14166789178437745, 1971.5909503065514427,
            13731.693765509461125, 45921.953931549871457, 67265.770927008700853,
            33430.575583588128105, 2509.0809287301226727
        ], [
            1.0, 42.313330701600911252, 687.18700749205790830, 5394.1960214247511077,
            21213.794301586595867, 39307.895800092710610, 28729.085735721942674,
            5226.4952788528545610
        ])) }}
    {%- endif -%}
    {%- set r = (-segment_experiments.natural_logarithm(p if center < 0 else 1 - p)) ** 0.5 -%}
    {%- if r <= 5 -%}
        {%- set quantile = segment_experiments.rational_number(r - 1.6, [
            1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
            3.64784832476320460504, 1.27045825245236838258, 0.241780725177450611770,
            0.0227238449892691845833, 0.000774545014278341407640
        ], [
            1.0, 2.05319162663775882187, 1.67638483018380384940,
            0.689767334985100004550, 0.148103976427480074590,
            0.0151986665636164571966, 0.000547593808499534494600,
            0.00000000105075007164441684324
        ]) -%}
    {%- else -%}
        {%- set quantile = segment_experiments.rational_number(r - 5, [
            6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
            0.296560571828504891230, 0.0265321895265761230930, 0.00124266094738807843860,
            0.0000271155556874348757815, 0.000000201033439929228813265
        ], [
            1.0, 0.599832206555887937690, 0.136929880922735805310,
            0.0148753612908506148525, 0.000786869131145613259100,
            0.0000184631831751005468180, 0.000000142151175831644588870,
            0.00000000000000204426310338993978564
        ]) -%}
    {%- endif -%}
    {{ return(-quantile if center < 0 else quantile) }}
{%- endmacro %}


{#-
    Quotient of two polynomials, as a number.

    Arguments: x (number); numerator, denominator (lists of numbers), coefficients of x^0, x^1, ...
-#}
{% macro rational_number(x, numerator, denominator) -%}
    {%- set sums = namespace(numerator=0.0, denominator=0.0) -%}
    {%- for coefficient in numerator | reverse -%}
        {%- set sums.numerator = sums.numerator * x + coefficient -%}
    {%- endfor -%}
    {%- for coefficient in denominator | reverse -%}
        {%- set sums.denominator = sums.denominator * x + coefficient -%}
    {%- endfor -%}
    {{ return(sums.numerator / sums.denominator) }}
{%- endmacro %}


{#-
    Natural logarithm of a number (Jinja has none): halved or doubled until near 1, then
    ln(m) = 2 artanh((m - 1) / (m + 1)) by its series.

    Arguments: x (number, 1e-300 < x <= 1).
    Returns: number.
-#}
{% macro natural_logarithm(x) -%}
    {%- set state = namespace(mantissa=x, doublings=0, sum=0.0) -%}
    {#- dbt 2 asks the condition of a loop before its first round, so it stands inside. -#}
    {%- for _ in range(1000) -%}
        {%- if state.mantissa < 0.75 -%}
            {%- set state.mantissa = state.mantissa * 2 -%}
            {%- set state.doublings = state.doublings + 1 -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set z = (state.mantissa - 1) / (state.mantissa + 1) -%}
    {%- for k in range(14, -1, -1) -%}
        {%- set state.sum = state.sum * z * z + 1 / (2 * k + 1) -%}
    {%- endfor -%}
    {{ return(2 * z * state.sum - state.doublings * 0.6931471805599453) }}
{%- endmacro %}


{#-
    A polynomial by Horner's rule.

    Arguments: x (SQL); coefficients (list of numbers), of x^0, x^1, ...
    Returns: SQL, float.
-#}
{% macro polynomial(x, coefficients) -%}
    {%- for coefficient in coefficients -%}
        ({{ segment_experiments.float_literal(coefficient) }}{% if not loop.last %} + {{ x }} * {% endif %}
    {%- endfor -%}
    {{ ')' * (coefficients | length) }}
{%- endmacro %}
