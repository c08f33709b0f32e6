# Written by write.py from the YAML of the marts.
view: experiments {
  sql_table_name: @{segment_experiments_schema}.experiments ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_id AS STRING), '')) ;;
  }

  dimension: experiment_id {
    type: string
    description: "The experiment as it is shown: as the registry spells it, else by its id or, for senders that are known by names, by its first name (trimmed)."
    sql: ${TABLE}.experiment_id ;;
  }

  dimension: is_registered {
    type: yesno
    description: "The registry lists the experiment."
    sql: ${TABLE}.is_registered ;;
  }

  dimension: control_variant {
    type: string
    description: "Variant the others are compared with: the registry's, else `control`, else the first in alphabetical order."
    sql: ${TABLE}.control_variant ;;
  }

  dimension: variants {
    type: string
    description: "Names of the variants, in alphabetical order, joined by a comma."
    sql: ${TABLE}.variants ;;
  }

  dimension: variant_count {
    type: number
    description: "Number of variants."
    sql: ${TABLE}.variant_count ;;
  }

  dimension_group: started {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "Registered start (UTC)."
    sql: ${TABLE}.started_at ;;
  }

  dimension_group: ended {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "Registered end (UTC)."
    sql: ${TABLE}.ended_at ;;
  }

  dimension_group: planned_end {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "When it is to be decided, by the registry (UTC)."
    sql: ${TABLE}.planned_end ;;
  }

  dimension: status {
    type: string
    description: "`planned`, `running` or `concluded`, as of the analysis."
    sql: ${TABLE}.status ;;
  }

  dimension: has_reached_end {
    type: yesno
    description: "Whether it is concluded or its planned end has come. From then on the ordinary interval decides, before that the sequential one."
    sql: ${TABLE}.has_reached_end ;;
  }

  dimension: role {
    type: string
    description: "`experiment`, or `holdout` for one that holds users back from what others shipped, by the registry."
    sql: ${TABLE}.role ;;
  }

  dimension: activation_event {
    type: string
    description: "Event from which on users are analysed, by the registry; null for the assignment."
    sql: ${TABLE}.activation_event ;;
  }

  dimension: primary_metric {
    type: string
    description: "Metric that decides, by the registry."
    sql: ${TABLE}.primary_metric ;;
  }

  dimension: headline_metric {
    type: string
    description: "Metric that overviews show: the primary one; where the registry names none that is in the settings, the first goal, and without goals the first of the settings."
    sql: ${TABLE}.headline_metric ;;
  }

  dimension: owner {
    type: string
    description: "Owner, by the registry."
    sql: ${TABLE}.owner ;;
  }

  dimension: hypothesis {
    type: string
    description: "Hypothesis, by the registry."
    sql: ${TABLE}.hypothesis ;;
  }

  dimension: users {
    type: number
    description: "Analysed users."
    sql: ${TABLE}.users ;;
  }

  dimension: excluded_users {
    type: number
    description: "Users with an exclusion reason."
    sql: ${TABLE}.excluded_users ;;
  }

  dimension: crossover_users {
    type: number
    description: "Users seen in several variants, whatever the policy."
    sql: ${TABLE}.crossover_users ;;
  }

  dimension_group: first_assigned {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "First assignment (UTC)."
    sql: ${TABLE}.first_assigned_at ;;
  }

  dimension_group: last_assigned {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "Last assignment (UTC)."
    sql: ${TABLE}.last_assigned_at ;;
  }

  dimension_group: settled {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "From when on its numbers are final (UTC): its end and the longest window and the setting `settle_days`. While it has no end, when it would settle if nobody was exposed any more."
    sql: ${TABLE}.settled_at ;;
  }

  dimension: is_settled {
    type: yesno
    description: "Whether they are. Messages received later do not count for it."
    sql: ${TABLE}.is_settled ;;
  }

  measure: count {
    type: count
  }
}
