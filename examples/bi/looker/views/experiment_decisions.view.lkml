# Written by write.py from the YAML of the marts.
view: experiment_decisions {
  sql_table_name: @{segment_experiments_schema}.experiment_decisions ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.variant AS STRING), '')) ;;
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

  dimension: control_variant {
    type: string
    description: "Variant the others are compared with: the registry's, else `control`, else the first in alphabetical order."
    sql: ${TABLE}.control_variant ;;
  }

  dimension: decision {
    type: string
    description: "What to do by the rule of the experiment: `ship`, `roll back`, `review` (the rule leaves it to people), `keep running`, `fix tracking` or `too few users`."
    sql: ${TABLE}.decision ;;
  }

  dimension: reason {
    type: string
    description: "Why, in one sentence that names the rule and the metrics."
    sql: ${TABLE}.reason ;;
  }

  dimension: decision_rule {
    type: string
    description: "`clear_signals` ships what wins, `do_no_harm` what does no harm; by the registry, else `clear_signals`."
    sql: ${TABLE}.decision_rule ;;
  }

  dimension: goals {
    type: string
    description: "Goals of the experiment, joined by a comma."
    sql: ${TABLE}.goals ;;
  }

  dimension: goals_won {
    type: string
    description: "Goals whose verdict is `win`."
    sql: ${TABLE}.goals_won ;;
  }

  dimension: goals_lost {
    type: string
    description: "Goals whose verdict is `loss`."
    sql: ${TABLE}.goals_lost ;;
  }

  dimension: guardrails_held {
    type: string
    description: "Guardrails that hold."
    sql: ${TABLE}.guardrails_held ;;
  }

  dimension: guardrails_at_risk {
    type: string
    description: "Guardrails that are neither held nor breached, and those that cannot be compared."
    sql: ${TABLE}.guardrails_at_risk ;;
  }

  dimension: guardrails_breached {
    type: string
    description: "Guardrails that are breached."
    sql: ${TABLE}.guardrails_breached ;;
  }

  dimension: failed_checks {
    type: string
    description: "Checks of experiment_health that failed."
    sql: ${TABLE}.failed_checks ;;
  }

  dimension: experiment_status {
    type: string
    description: "`planned`, `running` or `concluded`."
    sql: ${TABLE}.experiment_status ;;
  }

  dimension: days_run {
    type: number
    description: "Days of 24 hours since its start (the registered one, or the first assignment after it), both ends included."
    sql: ${TABLE}.days_run ;;
  }

  dimension: minimum_days {
    type: number
    description: "Days before which nothing is decided, by the registry, else the setting `minimum_days`."
    sql: ${TABLE}.minimum_days ;;
  }

  dimension: users {
    type: number
    description: "Analysed users of the variant and of the control."
    sql: ${TABLE}.users ;;
  }

  dimension: users_needed {
    type: number
    description: "Users of both, in their ratio of today, that it takes to find the target effect of the registry (else the metric's `minimum_effect`) with the setting `power`, at the goal that needs most. n (mde / effect)^2, mde the `minimum_detectable_effect`, rounded up. Null without a goal, or where it cannot be told for one."
    sql: ${TABLE}.users_needed ;;
  }

  dimension: progress {
    type: number
    value_format_name: percent_2
    description: "Share of the users needed that are there, at most 1."
    sql: ${TABLE}.progress ;;
  }

  dimension: users_per_day {
    type: number
    description: "New analysed users of both in a day, over the last 14 days before as_of, or since the start."
    sql: ${TABLE}.users_per_day ;;
  }

  dimension: days_left {
    type: number
    description: "Days until both the users needed and minimum_days are reached at this pace, 0 when nothing is left, the decision is to ship or to roll back, or the experiment is concluded. Null when nobody comes any more, or users_needed is null."
    sql: ${TABLE}.days_left ;;
  }

  dimension_group: last_window_ends {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "When the longest window of the metrics ends for the last user (UTC)."
    sql: ${TABLE}.last_window_ends_at ;;
  }

  dimension: is_final {
    type: yesno
    description: "The end has come and the longest window of every user is over. Only messages that arrive late can change it now, until the experiment settles."
    sql: ${TABLE}.is_final ;;
  }

  dimension: registered_decision {
    type: string
    description: "What was done by the registry, the shipped variant or `none`; null while nothing is registered."
    sql: ${TABLE}.registered_decision ;;
  }

  dimension_group: decided {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "When that was, by the registry (UTC)."
    sql: ${TABLE}.decided_at ;;
  }

  dimension_group: as_of {
    type: time
    timeframes: [raw, time, date, week, month]
    description: "Time of the analysis (UTC)."
    sql: ${TABLE}.as_of ;;
  }

  measure: count {
    type: count
  }
}
