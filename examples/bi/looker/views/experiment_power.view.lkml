# Written by write.py from the YAML of the marts.
view: experiment_power {
  sql_table_name: @{segment_experiments_schema}.experiment_power ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.metric AS STRING), ''), '|', COALESCE(CAST(${TABLE}.variants AS STRING), ''), '|', COALESCE(CAST(${TABLE}.week AS STRING), ''), '|', COALESCE(CAST(${TABLE}.estimator AS STRING), '')) ;;
  }

  dimension: experiment_id {
    type: string
    description: "The past experiment whose users are the audience."
    sql: ${TABLE}.experiment_id ;;
  }

  dimension: metric {
    type: string
    description: "Name of the metric, from the setting `metrics`."
    sql: ${TABLE}.metric ;;
  }

  dimension: metric_type {
    type: string
    description: "`conversion`, `count`, `sum`, `ratio` or `retention`."
    sql: ${TABLE}.metric_type ;;
  }

  dimension: variants {
    type: number
    description: "Variants of the next experiment, the control among them, from 2 to 4."
    sql: ${TABLE}.variants ;;
  }

  dimension: week {
    type: number
    description: "Weeks since the first user came, from 1 to 8."
    sql: ${TABLE}.week ;;
  }

  dimension: estimator {
    type: string
    description: "`unadjusted`: the plain means. `cuped`: means adjusted for what users did before the assignment, which takes away chance differences between the variants."
    sql: ${TABLE}.estimator ;;
  }

  dimension: users {
    type: number
    description: "Analysed users who came by the end of the week, in all variants."
    sql: ${TABLE}.users ;;
  }

  dimension: users_per_variant {
    type: number
    description: "Users divided by the number of variants; it need not be whole."
    sql: ${TABLE}.users_per_variant ;;
  }

  dimension: mean {
    type: number
    description: "Mean of the metric in the control."
    sql: ${TABLE}.mean ;;
  }

  dimension: variance {
    type: number
    description: "Variance of the metric in the control; with `cuped`, what the values before the assignment leave of it."
    sql: ${TABLE}.variance ;;
  }

  dimension: standard_error {
    type: number
    description: "Standard error of the lift that the next experiment would have; null where nothing varies."
    sql: ${TABLE}.standard_error ;;
  }

  dimension: minimum_detectable_effect {
    type: number
    value_format_name: percent_2
    description: "Smallest relative lift that is found with the setting `power`; null where nothing varies, or the mean is 0."
    sql: ${TABLE}.minimum_detectable_effect ;;
  }

  dimension: minimum_effect {
    type: number
    description: "Relative lift that the metric should not miss, by its setting."
    sql: ${TABLE}.minimum_effect ;;
  }

  dimension: days {
    type: number
    description: "Days until the last of these users has had the whole window of the metric."
    sql: ${TABLE}.days ;;
  }

  measure: count {
    type: count
  }
}
