# Written by write.py from the YAML of the marts.
view: experiment_scorecard {
  sql_table_name: @{segment_experiments_schema}.experiment_scorecard ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.metric AS STRING), ''), '|', COALESCE(CAST(${TABLE}.variant AS STRING), '')) ;;
  }

  dimension: experiment_id {
    type: string
    description: "The experiment as it is shown: as the registry spells it, else by its id or, for senders that are known by names, by its first name (trimmed)."
    sql: ${TABLE}.experiment_id ;;
  }

  dimension: metric {
    type: string
    description: "Name of the metric, from the setting `metrics`."
    sql: ${TABLE}.metric ;;
  }

  dimension: label {
    type: string
    description: "The metric in words; its name where the setting has no label."
    sql: ${TABLE}.label ;;
  }

  dimension: unit {
    type: string
    description: "What it is measured in, such as percent, EUR or seconds, by the setting."
    sql: ${TABLE}.unit ;;
  }

  dimension: metric_type {
    type: string
    description: "`conversion`, `count`, `sum`, `ratio` or `retention`."
    sql: ${TABLE}.metric_type ;;
  }

  dimension: direction {
    type: string
    description: "`increase` or `decrease`, the change that is good."
    sql: ${TABLE}.direction ;;
  }

  dimension: metric_role {
    type: string
    description: "`goal`, which decides; `guardrail`, which must not get worse; null for all other metrics of the experiment."
    sql: ${TABLE}.metric_role ;;
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

  dimension: estimator {
    type: string
    description: "Whose numbers these are: `cuped` where it makes the lift more precise (`variance_reduction` above 0), else `unadjusted`."
    sql: ${TABLE}.estimator ;;
  }

  dimension: users {
    type: number
    description: "Users of the variant that are compared."
    sql: ${TABLE}.users ;;
  }

  dimension: control_users {
    type: number
    description: "Users of the control that are compared."
    sql: ${TABLE}.control_users ;;
  }

  dimension: mean {
    type: number
    description: "What a user of the variant did on average."
    sql: ${TABLE}.mean ;;
  }

  dimension: control_mean {
    type: number
    description: "What a user of the control did on average."
    sql: ${TABLE}.control_mean ;;
  }

  dimension: absolute_lift {
    type: number
    description: "Mean of the variant minus mean of the control, in units of the metric."
    sql: ${TABLE}.absolute_lift ;;
  }

  dimension: relative_lift {
    type: number
    value_format_name: percent_2
    description: "The lift as a share of the size of the control's mean (0.1 is 10 %)."
    sql: ${TABLE}.relative_lift ;;
  }

  dimension: interval_type {
    type: string
    description: "`sequential` until the experiment is concluded or its planned end has come, which holds at every look; afterwards `ordinary`."
    sql: ${TABLE}.interval_type ;;
  }

  dimension: interval_lower {
    type: number
    description: "The lift is at least this, by the interval that counts now."
    sql: ${TABLE}.interval_lower ;;
  }

  dimension: interval_upper {
    type: number
    description: "The lift is at most this, by the interval that counts now."
    sql: ${TABLE}.interval_upper ;;
  }

  dimension: relative_interval_lower {
    type: number
    value_format_name: percent_2
    description: "The relative lift is at least this, by the interval that counts now; null when it has no end."
    sql: ${TABLE}.relative_interval_lower ;;
  }

  dimension: relative_interval_upper {
    type: number
    value_format_name: percent_2
    description: "The relative lift is at most this, by the interval that counts now; null when it has no end."
    sql: ${TABLE}.relative_interval_upper ;;
  }

  dimension: p_value {
    type: number
    description: "The p-value that goes with the interval that counts now."
    sql: ${TABLE}.p_value ;;
  }

  dimension: minimum_detectable_effect {
    type: number
    value_format_name: percent_2
    description: "Smallest relative lift that these numbers of users would probably show."
    sql: ${TABLE}.minimum_detectable_effect ;;
  }

  dimension: guardrail_margin {
    type: number
    value_format_name: percent_2
    description: "Relative fall of a guardrail that does not matter (0.02 is 2 %); of a metric where a decrease is good, the rise."
    sql: ${TABLE}.guardrail_margin ;;
  }

  dimension: guardrail_p_value {
    type: number
    description: "How often the guardrail would look at least this good if the variant made it worse by the whole margin."
    sql: ${TABLE}.guardrail_p_value ;;
  }

  dimension: guardrail_bound {
    type: number
    value_format_name: percent_2
    description: "The relative lift is at least this (at most, where a decrease is good), one-sided."
    sql: ${TABLE}.guardrail_bound ;;
  }

  dimension: guardrail_state {
    type: string
    description: "`held`, `at risk` or `breached`; null where it is no guardrail or nothing can be compared."
    sql: ${TABLE}.guardrail_state ;;
  }

  dimension: experiment_status {
    type: string
    description: "`planned`, `running` or `concluded`."
    sql: ${TABLE}.experiment_status ;;
  }

  dimension: verdict {
    type: string
    description: "What may be concluded now, as in experiment_results."
    sql: ${TABLE}.verdict ;;
  }

  dimension: verdict_at_end {
    type: string
    description: "What one would conclude if the experiment ended today."
    sql: ${TABLE}.verdict_at_end ;;
  }

  dimension: status {
    type: string
    description: "`ok`, or why nothing can be compared: `no_users`, `no_control`, `no_control_users`, `too_few_users`, `no_denominator`, `zero_variance`."
    sql: ${TABLE}.status ;;
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
