# Written by write.py from the YAML of the marts.
view: identity_map {
  sql_table_name: @{segment_experiments_schema}.identity_map ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.identifier AS STRING), ''), '|', COALESCE(CAST(${TABLE}.identifier_type AS STRING), '')) ;;
  }

  dimension: identifier {
    type: string
    description: "The user id or anonymous id."
    sql: ${TABLE}.identifier ;;
  }

  dimension: identifier_type {
    type: string
    description: "`user_id` or `anonymous_id`."
    sql: ${TABLE}.identifier_type ;;
  }

  dimension: identity_hash {
    type: number
    description: "A number that stands for the user id or else the anonymous id, for joins; each warehouse has its own."
    sql: ${TABLE}.identity_hash ;;
  }

  dimension: user_key {
    type: string
    description: "The canonical user after stitching: the user id once one is known for any of the person's identifiers, else the anonymous id."
    sql: ${TABLE}.user_key ;;
  }

  dimension: user_hash {
    type: number
    description: "A number that stands for the user key, for joins; each warehouse has its own."
    sql: ${TABLE}.user_hash ;;
  }

  dimension: user_id {
    type: string
    description: "The canonical user id; null while no user is known for the anonymous id."
    sql: ${TABLE}.user_id ;;
  }

  dimension_group: first_linked {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "For an anonymous id: when it was first linked to its user (null when it has none). For a user id: when it was first seen."
    sql: ${TABLE}.first_linked_at ;;
  }

  dimension: is_shared_device {
    type: yesno
    description: "The anonymous id was seen with more users than the setting `max_users_per_device` and is therefore left unstitched."
    sql: ${TABLE}.is_shared_device ;;
  }

  measure: count {
    type: count
  }

  measure: distinct_users {
    type: count_distinct
    sql: ${TABLE}.user_key ;;
  }
}
