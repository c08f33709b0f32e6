# Written by write.py from the YAML of the marts.
view: experiment_health {
  sql_table_name: @{segment_experiments_schema}.experiment_health ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.check_name AS STRING), '')) ;;
  }

  dimension: experiment_id {
    type: string
    description: "The experiment as it is shown: as the registry spells it, else by its id or, for senders that are known by names, by its first name (trimmed)."
    sql: ${TABLE}.experiment_id ;;
  }

  dimension: check_name {
    type: string
    description: "`sample_ratio_mismatch` (of the analysed users), `sample_ratio_mismatch_of_assigned` (with an `activation_event`: before it), `sample_ratio_mismatch_by_day`, `sample_ratio_mismatch_by_<dimension>`, `crossovers`, `missing_control` (these may fail); `unknown_variants`, `duplicate_exposures`, `pre_period_imbalance`, `too_few_users`, `exposures_after_end`, `immature_results`, `runs_after_planned_end`, `cap_at_zero` (these may warn)."
    sql: ${TABLE}.check_name ;;
  }

  dimension: status {
    type: string
    description: "`pass`; `warn`, look at it; `fail`, the verdicts of the experiment are `do not trust`."
    sql: ${TABLE}.status ;;
  }

  dimension: value {
    type: number
    description: "What was measured: a p-value, a share, a number of users or of days; null where nothing could be."
    sql: ${TABLE}.value ;;
  }

  dimension: threshold {
    type: number
    description: "What it is compared with; p-values and numbers of users are bad below, shares and days above."
    sql: ${TABLE}.threshold ;;
  }

  dimension: detail {
    type: string
    description: "The numbers behind it, and where a mismatch comes from."
    sql: ${TABLE}.detail ;;
  }

  measure: count {
    type: count
  }
}
