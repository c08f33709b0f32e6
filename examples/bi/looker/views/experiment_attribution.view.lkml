# Written by write.py from the YAML of the marts.
view: experiment_attribution {
  sql_table_name: @{segment_experiments_schema}.experiment_attribution ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.metric AS STRING), ''), '|', COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.variant AS STRING), ''), '|', COALESCE(CAST(${TABLE}.attribution_model AS STRING), '')) ;;
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

  dimension: is_control {
    type: yesno
    description: "Whether this is the control variant."
    sql: ${TABLE}.is_control ;;
  }

  dimension: attribution_model {
    type: string
    description: "`first_touch`, `last_touch`: all to the first or last assignment; `linear`: the same to each; `time_decay`: 2 ^ (-age / half-life), divided by the sum of all; `position_based`: 0.4 to the first and to the last, 0.2 to those between."
    sql: ${TABLE}.attribution_model ;;
  }

  dimension: users {
    type: number
    description: "Analysed users of the variant, to divide by."
    sql: ${TABLE}.users ;;
  }

  dimension: attributed_conversions {
    type: number
    description: "Sum of the credits."
    sql: ${TABLE}.attributed_conversions ;;
  }

  dimension: attributed_value {
    type: number
    description: "Sum of the credits times the values of the conversions (1 unless the metric is a sum)."
    sql: ${TABLE}.attributed_value ;;
  }

  measure: count {
    type: count
  }
}
