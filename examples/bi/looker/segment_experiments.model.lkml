# Written by write.py from the YAML of the marts.
connection: "warehouse"

include: "/views/*.view.lkml"

explore: experiment_assignments {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_assignments.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_attribution {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_attribution.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_decisions {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_decisions.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_effect_by_age {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_effect_by_age.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_funnel {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_funnel.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_health {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_health.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_interactions {
}

explore: experiment_marginal_effects {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_marginal_effects.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_power {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_power.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_results {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_results.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_results_by_dimension {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_results_by_dimension.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_results_daily {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_results_daily.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_retention {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_retention.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_scorecard {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_scorecard.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_user_metrics {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_user_metrics.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiment_user_values {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${experiment_user_values.experiment_id} = ${experiments.experiment_id} ;;
  }
}

explore: experiments {
}

explore: identity_map {
}

explore: tracking_audit {
  join: experiments {
    type: left_outer
    relationship: many_to_one
    sql_on: ${tracking_audit.experiment_id} = ${experiments.experiment_id} ;;
  }
}
