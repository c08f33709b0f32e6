# Written by write.py from the YAML of the marts.
view: tracking_audit {
  sql_table_name: @{segment_experiments_schema}.tracking_audit ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.check_name AS STRING), ''), '|', COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.metric AS STRING), '')) ;;
  }

  dimension: check_name {
    type: string
    description: "The check; all of them, and what they count, are in macros/audits/tracking_checks.sql."
    sql: ${TABLE}.check_name ;;
  }

  dimension: experiment_id {
    type: string
    description: "The experiment; null where a check concerns none, or the id is missing."
    sql: ${TABLE}.experiment_id ;;
  }

  dimension: metric {
    type: string
    description: "The metric, of the checks whose name begins with `metric_`; else null."
    sql: ${TABLE}.metric ;;
  }

  dimension: affected_rows {
    type: number
    description: "Deliveries, exposures, users, alias calls, columns or whatever the check counts."
    sql: ${TABLE}.affected_rows ;;
  }

  dimension: total_rows {
    type: number
    description: "All of them."
    sql: ${TABLE}.total_rows ;;
  }

  dimension: share {
    type: number
    value_format_name: percent_2
    description: "Affected rows divided by all rows; null without any."
    sql: ${TABLE}.share ;;
  }

  dimension_group: first_seen {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "First arrival concerned (UTC); for checks of users, the first assignment in the experiment."
    sql: ${TABLE}.first_seen_at ;;
  }

  dimension_group: last_seen {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "Last arrival concerned (UTC); for checks of users, the last exposure in the experiment."
    sql: ${TABLE}.last_seen_at ;;
  }

  dimension: example {
    type: string
    description: "A message id, user key or anonymous id to look at; of values that are no numbers one of them."
    sql: ${TABLE}.example ;;
  }

  dimension: advice {
    type: string
    description: "What to do, in a sentence."
    sql: ${TABLE}.advice ;;
  }

  measure: count {
    type: count
  }
}
