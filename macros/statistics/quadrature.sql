{#-
    Nodes and weights of a numerical integral over [0, 1].

    Gauss-Legendre of 32 points, mapped by x -> x (1 + 3 x) / 4, which puts more points near 0,
    where the integrands of normal_survival() and student_t_two_sided_p() change fastest. The sums
    built on it are right to 2e-13 (normal) and 3e-11 (Student) of their value in the whole range;
    tests/python/statistics/test_distributions.py checks that against scipy.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 25.4.29 and 25.4.30.

    Returns: list of [node, weight].
-#}
{% macro quadrature_nodes() %}
    {{ return([
        [0.00034342097856081424, 0.0008845277086627593],
        [0.001837378919343692, 0.0021221108191232362],
        [0.004637536544926743, 0.003509542828960173],
        [0.008931219060874412, 0.005120865450295431],
        [0.014975349793309844, 0.007019928402278754],
        [0.02308344499454505, 0.009255492168434333],
        [0.03360894615145964, 0.01185821123310609],
        [0.04692593844292133, 0.014838415938458896],
        [0.06340806026783485, 0.018184723046779556],
        [0.08340646100007185, 0.0218635286407464],
        [0.10722770509804203, 0.025819409562120324],
        [0.1351125302903539, 0.029976426036104394],
        [0.1672163430803161, 0.034240283965105624],
        [0.20359227669897872, 0.038501282521083785],
        [0.2441775468992732, 0.042637942479717056],
        [0.288783722886918, 0.04652118438682603],
        [0.33709138857465637, 0.05001890412790163],
        [0.3886495084820697, 0.05300077759955765],
        [0.44287963895111576, 0.055343116559720726],
        [0.4990849453624438, 0.056933594730658156],
        [0.5564638064209891, 0.05767566696829939],
        [0.6141276140302713, 0.057492514664826376],
        [0.6711222182408342, 0.05633036714632383],
        [0.7264523271980501, 0.054161071062068786],
        [0.7791080571832111, 0.05098380683790279],
        [0.828092742119402, 0.046825882245429475],
        [0.8724510587271151, 0.041742567093941765],
        [0.9112965055593618, 0.03581596961994808],
        [0.9438372949986141, 0.029152997462726336],
        [0.9693997921324332, 0.021882522480301852],
        [0.987448890464612, 0.014152283911782505],
        [0.9976072828280423, 0.006134082300807747]
    ]) }}
{% endmacro %}


{#-
    Exponent up to which the integrals go: what lies beyond is exp(-32) = 1e-14 of the value.
-#}
{% macro quadrature_exponent() %}
    {{ return(32) }}
{% endmacro %}


{#-
    The nodes as a common table expression named `quadrature`: number, node, weight.
-#}
{% macro quadrature_cte() -%}
quadrature as (

    {%- for node, weight in segment_experiments.quadrature_nodes() %}

    select
        {{ loop.index }} as number,
        {{ segment_experiments.float_literal(node) }} as node,
        {{ segment_experiments.float_literal(weight) }} as weight
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)
{%- endmacro %}
