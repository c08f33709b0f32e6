# Written by write.py from the YAML of the marts.
view: experiment_interactions {
  sql_table_name: @{segment_experiments_schema}.experiment_interactions ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_a AS STRING), ''), '|', COALESCE(CAST(${TABLE}.experiment_b AS STRING), ''), '|', COALESCE(CAST(${TABLE}.variant_a AS STRING), ''), '|', COALESCE(CAST(${TABLE}.variant_b AS STRING), ''), '|', COALESCE(CAST(${TABLE}.metric AS STRING), '')) ;;
  }

  dimension: experiment_a {
    type: string
    description: "The experiment whose id comes first in the alphabet."
    sql: ${TABLE}.experiment_a ;;
  }

  dimension: experiment_b {
    type: string
    description: "The other experiment."
    sql: ${TABLE}.experiment_b ;;
  }

  dimension: variant_a {
    type: string
    description: "Variant of experiment_a, not its control."
    sql: ${TABLE}.variant_a ;;
  }

  dimension: variant_b {
    type: string
    description: "Variant of experiment_b, not its control."
    sql: ${TABLE}.variant_b ;;
  }

  dimension: variants {
    type: string
    description: "Both variants, as `variant_a x variant_b`."
    sql: ${TABLE}.variants ;;
  }

  dimension: metric {
    type: string
    description: "Name of the metric, from the setting `metrics`."
    sql: ${TABLE}.metric ;;
  }

  dimension: shared_users {
    type: number
    description: "Users analysed in both experiments, whatever their variants."
    sql: ${TABLE}.shared_users ;;
  }

  dimension: dependence_p_value {
    type: number
    description: "How likely such a table of variants is when the assignment of one experiment does not depend on the other; a small one means that the two are not assigned independently, and that neither result can be read alone. Chi-square test of all variants of the pair, P(X2 >= sum of (observed - expected)^2 / expected) (Pearson 1900); null where one of them has a single variant. Not to be relied on where cells expect less than five users."
    sql: ${TABLE}.dependence_p_value ;;
  }

  dimension: dependence_p_value_bh {
    type: number
    description: "dependence_p_value after counting how many pairs of experiments were tested (Benjamini, Hochberg, J. R. Stat. Soc. B 1995)."
    sql: ${TABLE}.dependence_p_value_bh ;;
  }

  dimension: users {
    type: number
    description: "Users in the four cells (both variants, one of them, none) who take part in the metric."
    sql: ${TABLE}.users ;;
  }

  dimension: effect_a_in_control_b {
    type: number
    description: "Lift of variant_a among the users of the control of experiment_b. m(T, C) - m(C, C)."
    sql: ${TABLE}.effect_a_in_control_b ;;
  }

  dimension: effect_a_in_variant_b {
    type: number
    description: "Lift of variant_a among the users of variant_b. m(T, T) - m(C, T)."
    sql: ${TABLE}.effect_a_in_variant_b ;;
  }

  dimension: interaction_effect {
    type: number
    description: "How much more the two variants do together than the sum of both alone; 0 when neither effect depends on the other. (m(T, T) - m(C, T)) - (m(T, C) - m(C, C))."
    sql: ${TABLE}.interaction_effect ;;
  }

  dimension: standard_error {
    type: number
    description: "How far interaction_effect would typically be off by chance. SE = square root of the sum of v / n over the four cells."
    sql: ${TABLE}.standard_error ;;
  }

  dimension: degrees_of_freedom {
    type: number
    description: "How well the standard error itself is known. SE^4 / sum of (v / n)^2 / (n - 1) (Satterthwaite, Biometrics Bulletin 1946)."
    sql: ${TABLE}.degrees_of_freedom ;;
  }

  dimension: p_value {
    type: number
    description: "How often an interaction at least this large would be seen if there was none. P(|T| >= interaction_effect / SE), T Student's t with the degrees of freedom."
    sql: ${TABLE}.p_value ;;
  }

  dimension: p_value_bh {
    type: number
    description: "The p-value after counting that all comparisons of this table were made (Benjamini, Hochberg, J. R. Stat. Soc. B 1995)."
    sql: ${TABLE}.p_value_bh ;;
  }

  dimension: lower {
    type: number
    description: "The interaction is at least this, at the confidence level."
    sql: ${TABLE}.lower ;;
  }

  dimension: upper {
    type: number
    description: "The interaction is at most this, at the confidence level."
    sql: ${TABLE}.upper ;;
  }

  dimension: status {
    type: string
    description: "Why there is no comparison: `ok`; `no_control` (nobody is in a control), `too_few_users` (a cell has less than two), `no_denominator`, `zero_variance`."
    sql: ${TABLE}.status ;;
  }

  measure: count {
    type: count
  }
}
