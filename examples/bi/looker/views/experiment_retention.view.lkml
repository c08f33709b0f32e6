# Written by write.py from the YAML of the marts.
view: experiment_retention {
  sql_table_name: @{segment_experiments_schema}.experiment_retention ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.variant AS STRING), ''), '|', COALESCE(CAST(${TABLE}.retention_type AS STRING), ''), '|', COALESCE(CAST(${TABLE}.day AS STRING), '')) ;;
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

  dimension: is_control {
    type: yesno
    description: "Whether this is the control variant."
    sql: ${TABLE}.is_control ;;
  }

  dimension: retention_type {
    type: string
    description: "`bounded`: active on day N. `unbounded`: active on day N or later."
    sql: ${TABLE}.retention_type ;;
  }

  dimension: day {
    type: number
    description: "Days of 24 hours since the assignment, from 0 to 28."
    sql: ${TABLE}.day ;;
  }

  dimension: eligible_users {
    type: number
    description: "Analysed users for whom the day is over."
    sql: ${TABLE}.eligible_users ;;
  }

  dimension: retained_users {
    type: number
    description: "Those of them who were active on the day, or for `unbounded` on it or later."
    sql: ${TABLE}.retained_users ;;
  }

  dimension: retention_rate {
    type: number
    value_format_name: percent_2
    description: "Retained users divided by eligible users; null without any."
    sql: ${TABLE}.retention_rate ;;
  }

  dimension: lower {
    type: number
    description: "Lower bound of Wilson's interval of the rate."
    sql: ${TABLE}.lower ;;
  }

  dimension: upper {
    type: number
    description: "Upper bound of Wilson's interval of the rate."
    sql: ${TABLE}.upper ;;
  }

  dimension: absolute_lift {
    type: number
    description: "Mean of the variant minus mean of the control, in units of the metric."
    sql: ${TABLE}.absolute_lift ;;
  }

  dimension: p_value {
    type: number
    description: "Two-sided p-value of Welch's t-test: how often a difference at least this large would be seen if the variant changed nothing."
    sql: ${TABLE}.p_value ;;
  }

  dimension: status {
    type: string
    description: "`ok`, or why nothing can be compared: `no_users`, `no_control`, `no_control_users`, `too_few_users`, `no_denominator`, `zero_variance`."
    sql: ${TABLE}.status ;;
  }

  measure: count {
    type: count
  }
}
