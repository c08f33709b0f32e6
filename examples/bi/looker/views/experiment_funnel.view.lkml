# Written by write.py from the YAML of the marts.
view: experiment_funnel {
  sql_table_name: @{segment_experiments_schema}.experiment_funnel ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.funnel AS STRING), ''), '|', COALESCE(CAST(${TABLE}.variant AS STRING), ''), '|', COALESCE(CAST(${TABLE}.step_number AS STRING), '')) ;;
  }

  dimension: experiment_id {
    type: string
    description: "The experiment as it is shown: as the registry spells it, else by its id or, for senders that are known by names, by its first name (trimmed)."
    sql: ${TABLE}.experiment_id ;;
  }

  dimension: funnel {
    type: string
    description: "Name of the funnel."
    sql: ${TABLE}.funnel ;;
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

  dimension: step_number {
    type: number
    description: "Number of the step, from 1."
    sql: ${TABLE}.step_number ;;
  }

  dimension: step {
    type: string
    description: "Event or model of the step."
    sql: ${TABLE}.step ;;
  }

  dimension: eligible_users {
    type: number
    description: "Analysed users of the variant; with `mature_only` those whose window has passed."
    sql: ${TABLE}.eligible_users ;;
  }

  dimension: previous_users {
    type: number
    description: "Users who reached the step before; for the first step eligible_users."
    sql: ${TABLE}.previous_users ;;
  }

  dimension: users {
    type: number
    description: "Users who reached the step."
    sql: ${TABLE}.users ;;
  }

  dimension: rate_from_start {
    type: number
    value_format_name: percent_2
    description: "users / eligible_users; null without any."
    sql: ${TABLE}.rate_from_start ;;
  }

  dimension: rate_from_previous {
    type: number
    value_format_name: percent_2
    description: "users / previous_users; null without any."
    sql: ${TABLE}.rate_from_previous ;;
  }

  dimension: absolute_lift {
    type: number
    description: "rate_from_start of the variant minus that of the control."
    sql: ${TABLE}.absolute_lift ;;
  }

  dimension: absolute_lift_lower {
    type: number
    description: "The lift is at least this, at the confidence level (Welch)."
    sql: ${TABLE}.absolute_lift_lower ;;
  }

  dimension: absolute_lift_upper {
    type: number
    description: "The lift is at most this, at the confidence level (Welch)."
    sql: ${TABLE}.absolute_lift_upper ;;
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

  dimension: lift_from_previous {
    type: number
    description: "rate_from_previous of the variant minus that of the control. The users who reached the step before were not drawn at random: the variant chose them."
    sql: ${TABLE}.lift_from_previous ;;
  }

  dimension: lift_from_previous_lower {
    type: number
    description: "That lift is at least this, at the confidence level (Welch)."
    sql: ${TABLE}.lift_from_previous_lower ;;
  }

  dimension: lift_from_previous_upper {
    type: number
    description: "That lift is at most this, at the confidence level (Welch)."
    sql: ${TABLE}.lift_from_previous_upper ;;
  }

  dimension: p_value_from_previous {
    type: number
    description: "Two-sided p-value of Welch's t-test of lift_from_previous."
    sql: ${TABLE}.p_value_from_previous ;;
  }

  dimension: status_from_previous {
    type: string
    description: "The same as status for lift_from_previous."
    sql: ${TABLE}.status_from_previous ;;
  }

  measure: count {
    type: count
  }
}
