# Written by write.py from the YAML of the marts.
view: experiment_marginal_effects {
  sql_table_name: @{segment_experiments_schema}.experiment_marginal_effects ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.metric AS STRING), ''), '|', COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.variant AS STRING), '')) ;;
  }

  dimension: metric {
    type: string
    description: "Name of the metric, from the setting `metrics`."
    sql: ${TABLE}.metric ;;
  }

  dimension: experiment_id {
    type: string
    description: "The experiment as it is shown: as the registry spells it, else by its id or, for senders that are known by names, by its first name (trimmed)."
    sql: ${TABLE}.experiment_id ;;
  }

  dimension: variant {
    type: string
    description: "Name of the variant, as text whatever the type of the raw column."
    sql: ${TABLE}.variant ;;
  }

  dimension: users {
    type: number
    description: "Users of the variant in the regression."
    sql: ${TABLE}.users ;;
  }

  dimension: marginal_effect {
    type: number
    description: "How much more of the metric a user of the variant had than one of the control who was in the same other variants. Coefficient b of b = (X'X)^-1 X'y (ordinary least squares); a ratio is linearised, y = (N - R D) / mD."
    sql: ${TABLE}.marginal_effect ;;
  }

  dimension: standard_error {
    type: number
    description: "How far the effect would typically be off by chance, whatever the variances of the variants. Square root of the diagonal of n / (n - k) (X'X)^-1 (sum of e^2 x x') (X'X)^-1, HC1 (MacKinnon, White, J. Econometrics 1985)."
    sql: ${TABLE}.standard_error ;;
  }

  dimension: p_value {
    type: number
    description: "How often an effect at least this large would be seen if the variant changed nothing. P(|Z| >= b / SE), Z standard normal."
    sql: ${TABLE}.p_value ;;
  }

  dimension: lower {
    type: number
    description: "The effect is at least this, at the confidence level. b - z SE."
    sql: ${TABLE}.lower ;;
  }

  dimension: upper {
    type: number
    description: "The effect is at most this, at the confidence level. b + z SE."
    sql: ${TABLE}.upper ;;
  }

  dimension: incremental_total {
    type: number
    description: "What the variant added among its users altogether. b users; null for a ratio."
    sql: ${TABLE}.incremental_total ;;
  }

  dimension: effect_rank {
    type: number
    description: "1 for the effect with the largest size, up or down, among those of the metric with status ok."
    sql: ${TABLE}.effect_rank ;;
  }

  dimension: regression_users {
    type: number
    description: "n: users in the regression."
    sql: ${TABLE}.regression_users ;;
  }

  dimension: limited_users {
    type: number
    description: "Users of the regression whose value lies so far out that it counts with a limit: a million times the geometric mean of the metric's absolute values other than 0. Look for values in the wrong unit or column."
    sql: ${TABLE}.limited_users ;;
  }

  dimension: regression_columns {
    type: number
    description: "k: columns that were kept, the intercept and those of the experiments included."
    sql: ${TABLE}.regression_columns ;;
  }

  dimension: status {
    type: string
    description: "Why there is no effect: `ok`; `no_control` (nobody analysed is in the control), `too_many_columns` (beyond `max_regression_columns`), `no_users`, `no_control_users` (none who take part in the metric), `collinear` (the variant's users are given by the columns before it, as of an experiment with the same assignment; left out), `too_few_users`, `zero_variance`."
    sql: ${TABLE}.status ;;
  }

  measure: count {
    type: count
  }
}
