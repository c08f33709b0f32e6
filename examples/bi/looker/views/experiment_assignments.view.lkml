# Written by write.py from the YAML of the marts.
view: experiment_assignments {
  sql_table_name: @{segment_experiments_schema}.experiment_assignments ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.user_key AS STRING), '')) ;;
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

  dimension: user_id {
    type: string
    description: "The canonical user id; null while unknown."
    sql: ${TABLE}.user_id ;;
  }

  dimension: anonymous_id {
    type: string
    description: "The anonymous id first exposed; null when the exposure carried none."
    sql: ${TABLE}.anonymous_id ;;
  }

  dimension: variant {
    type: string
    description: "Variant analysed, by the setting `multiple_variant_policy`; with `exclude` the first seen, for the record."
    sql: ${TABLE}.variant ;;
  }

  dimension_group: assigned {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "When the user was assigned to the variant (UTC), not when the event was dispatched. Null only when no exposure has a credible time (`invalid_time`)."
    sql: ${TABLE}.assigned_at ;;
  }

  dimension: assigned_at_source {
    type: string
    description: "`property`: the event's own assignment time, which was credible. `event`: the time of the event."
    sql: ${TABLE}.assigned_at_source ;;
  }

  dimension: assignment_source {
    type: string
    description: "`track`: an assignment event. `trait`: an identify trait only (setting `assignments_from_traits`); the time is then that of the first identify with the variant."
    sql: ${TABLE}.assignment_source ;;
  }

  dimension: exclusion_reason {
    type: string
    description: "Null for an analysed user, else the first that applies: `crossover` (seen in several variants, policy `exclude`), `unknown_variant` (not in the registry's list for the experiment, or, without a list, one that hardly anybody has), `invalid_time` (no credible time), `outside_dates` (assigned before the registered start or after the end), `not_activated` (the `activation_event` of the registry was not reached at or after the assignment)."
    sql: ${TABLE}.exclusion_reason ;;
  }

  dimension_group: analysed_from {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "When the windows of the user begin (UTC): the assignment, or, in an experiment with an `activation_event`, the first such event at or after it; null for who did not reach it."
    sql: ${TABLE}.analysed_from ;;
  }

  dimension_group: last_exposed {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "Time of the user's last exposure in the experiment (UTC)."
    sql: ${TABLE}.last_exposed_at ;;
  }

  dimension: exposures {
    type: number
    description: "Exposures of the user in the experiment, redelivered copies not counted."
    sql: ${TABLE}.exposures ;;
  }

  dimension: duplicate_exposures {
    type: number
    description: "Exposures beyond the first to each variant."
    sql: ${TABLE}.duplicate_exposures ;;
  }

  dimension: variants_seen {
    type: number
    description: "Number of different variants the user was exposed to."
    sql: ${TABLE}.variants_seen ;;
  }

  dimension: is_crossover {
    type: yesno
    description: "The user was exposed to more than one variant."
    sql: ${TABLE}.is_crossover ;;
  }

  dimension: trait_variant {
    type: string
    description: "Variant by the user's latest identify trait for the experiment; null when there is none."
    sql: ${TABLE}.trait_variant ;;
  }

  dimension: is_trait_consistent {
    type: yesno
    description: "The trait says the variant that is analysed; null when there is no trait."
    sql: ${TABLE}.is_trait_consistent ;;
  }

  dimension_group: first_identified {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "When the user was first seen with a user id, on any device (UTC); null while unknown."
    sql: ${TABLE}.first_identified_at ;;
  }

  dimension: was_anonymous {
    type: yesno
    description: "Whether the user was anonymous at the assignment and was identified later. False for users who were known at the assignment, and for users who have never been identified (user_id is null)."
    sql: ${TABLE}.was_anonymous ;;
  }

  dimension: device_type {
    type: string
    description: "Device type at the assignment (default dimension)."
    sql: ${TABLE}.device_type ;;
  }

  dimension: campaign_source {
    type: string
    description: "Campaign source at the assignment (default dimension)."
    sql: ${TABLE}.campaign_source ;;
  }

  dimension: country {
    type: string
    description: "Country at the assignment (default dimension)."
    sql: ${TABLE}.country ;;
  }

  measure: count {
    type: count
  }

  measure: distinct_users {
    type: count_distinct
    sql: ${TABLE}.user_key ;;
  }
}
