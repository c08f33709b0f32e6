# Written by write.py from the YAML of the marts.
view: experiment_user_values {
  sql_table_name: @{segment_experiments_schema}.experiment_user_values ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.user_key AS STRING), ''), '|', COALESCE(CAST(${TABLE}.metric AS STRING), '')) ;;
  }

  dimension: experiment_id {
    type: string
    description: "The experiment as it is shown: as the registry spells it, else by its id or, for senders that are known by names, by its first name (trimmed)."
    sql: ${TABLE}.experiment_id ;;
  }

  dimension: user_key {
    type: string
    description: "The canonical user after stitching: the user id once one is known for any of the person's identifiers, else the anonymous id."
    sql: ${TABLE}.user_key ;;
  }

  dimension: variant {
    type: string
    description: "Name of the variant, as text whatever the type of the raw column."
    sql: ${TABLE}.variant ;;
  }

  dimension: metric {
    type: string
    description: "Name of the metric, from the setting `metrics`."
    sql: ${TABLE}.metric ;;
  }

  dimension: value {
    type: number
    description: "1 for a conversion or a retained user, the number of events, their sum, or the numerator of a ratio, in the window after the assignment."
    sql: ${TABLE}.value ;;
  }

  dimension: denominator {
    type: number
    description: "Denominator of a ratio; null for other types."
    sql: ${TABLE}.denominator ;;
  }

  dimension: covariate {
    type: number
    description: "The same quantity (of a ratio: the numerator) in the look-back before the assignment."
    sql: ${TABLE}.covariate ;;
  }

  dimension_group: first_event {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "First event in the window (UTC); null when there is none."
    sql: ${TABLE}.first_event_at ;;
  }

  measure: count {
    type: count
  }

  measure: distinct_users {
    type: count_distinct
    sql: ${TABLE}.user_key ;;
  }
}
