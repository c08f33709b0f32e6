# Written by write.py from the YAML of the marts.
view: experiment_effect_by_age {
  sql_table_name: @{segment_experiments_schema}.experiment_effect_by_age ;;

  dimension: primary_key {
    primary_key: yes
    hidden: yes
    type: string
    sql: CONCAT(COALESCE(CAST(${TABLE}.experiment_id AS STRING), ''), '|', COALESCE(CAST(${TABLE}.metric AS STRING), ''), '|', COALESCE(CAST(${TABLE}.variant AS STRING), ''), '|', COALESCE(CAST(${TABLE}.phase AS STRING), '')) ;;
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

  dimension: metric_type {
    type: string
    description: "`conversion`, `count`, `sum`, `ratio` or `retention`."
    sql: ${TABLE}.metric_type ;;
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

  dimension: is_control {
    type: yesno
    description: "Whether this is the control variant."
    sql: ${TABLE}.is_control ;;
  }

  dimension: phase {
    type: string
    description: "`first_session` (until 30 minutes without activity, or another session id), `later_sessions`; or days of 24 hours since the assignment, `0`, `1`, `2-6`, `7-13`, `14-27`, `28+`."
    sql: ${TABLE}.phase ;;
  }

  dimension: phase_number {
    type: number
    description: "Order of the phases, from 1."
    sql: ${TABLE}.phase_number ;;
  }

  dimension: users {
    type: number
    description: "How many users are compared. n: analysed users of the variant; for mature_only metrics those whose window has passed."
    sql: ${TABLE}.users ;;
  }

  dimension: total {
    type: number
    description: "What all users of the variant together did. Sum of their values; for a ratio of the numerators."
    sql: ${TABLE}.total ;;
  }

  dimension: mean {
    type: number
    description: "What a user did on average; for a ratio what the numerator was per unit of the denominator. m = total / n, or mN / mD; on cuped rows m - theta (mX - mX of both arms), theta = cov(X, Y) / var(X) over both arms (Deng, Xu, Kohavi, Walker, WSDM 2013). Control rows are never adjusted, for theta belongs to a comparison."
    sql: ${TABLE}.mean ;;
  }

  dimension: variance {
    type: number
    description: "How much users differ from each other. v with ddof 1; for a ratio (vN - 2 R cov(N, D) + R^2 vD) / mD^2, R = mN / mD (Deng, Knoblich, Lu, KDD 2018); on cuped rows vY - 2 theta cov(X, Y) + theta^2 vX."
    sql: ${TABLE}.variance ;;
  }

  dimension: control_users {
    type: number
    description: "How many users the variant is compared with. nC."
    sql: ${TABLE}.control_users ;;
  }

  dimension: control_mean {
    type: number
    description: "What a user of the control did on average. mC, on cuped rows adjusted by the theta of this comparison."
    sql: ${TABLE}.control_mean ;;
  }

  dimension: control_variance {
    type: number
    description: "How much users of the control differ from each other. vC, as `variance`; on cuped rows by the theta of this comparison."
    sql: ${TABLE}.control_variance ;;
  }

  dimension: absolute_lift {
    type: number
    description: "How much more a user of the variant did, in units of the metric. mT - mC."
    sql: ${TABLE}.absolute_lift ;;
  }

  dimension: standard_error {
    type: number
    description: "How far the lift would typically be off by chance. SE = sqrt(vT / nT + vC / nC) (Welch, Biometrika 1947)."
    sql: ${TABLE}.standard_error ;;
  }

  dimension: degrees_of_freedom {
    type: number
    description: "How well the standard error itself is known. SE^4 / (vT^2 / (nT^2 (nT - 1)) + vC^2 / (nC^2 (nC - 1))) (Satterthwaite, Biometrics Bulletin 1946)."
    sql: ${TABLE}.degrees_of_freedom ;;
  }

  dimension: t_statistic {
    type: number
    description: "The lift in standard errors. t = (mT - mC) / SE."
    sql: ${TABLE}.t_statistic ;;
  }

  dimension: p_value {
    type: number
    description: "How often a lift at least this large would be seen if the variant changed nothing; valid when looked at once, at the end. P(|T| >= |t|), T Student's t with the degrees of freedom (Welch, Biometrika 1947)."
    sql: ${TABLE}.p_value ;;
  }

  dimension: absolute_lift_lower {
    type: number
    description: "The lift is at least this, at the confidence level. mT - mC - t(1 - alpha / 2, df) SE (Welch)."
    sql: ${TABLE}.absolute_lift_lower ;;
  }

  dimension: absolute_lift_upper {
    type: number
    description: "The lift is at most this, at the confidence level. mT - mC + t(1 - alpha / 2, df) SE (Welch)."
    sql: ${TABLE}.absolute_lift_upper ;;
  }

  dimension: relative_lift {
    type: number
    value_format_name: percent_2
    description: "The lift as a share of the size of the control's mean (0.1 is 10 %). (mT - mC) / |mC|: it has the sign of the lift where the control's mean is negative, too."
    sql: ${TABLE}.relative_lift ;;
  }

  dimension: relative_lift_lower {
    type: number
    value_format_name: percent_2
    description: "The relative lift is at least this. For mC > 0, (B - sqrt(B^2 - A D)) / A - 1, A = mC^2 - c^2 vC / nC, B = mC mT, D = mT^2 - c^2 vT / nT, c = t(1 - alpha / 2, df) (Fieller, J. R. Stat. Soc. B 1954); it excludes 0 exactly when the absolute interval does."
    sql: ${TABLE}.relative_lift_lower ;;
  }

  dimension: relative_lift_upper {
    type: number
    value_format_name: percent_2
    description: "The relative lift is at most this. For mC > 0, (B + sqrt(B^2 - A D)) / A - 1, as the lower bound (Fieller, J. R. Stat. Soc. B 1954)."
    sql: ${TABLE}.relative_lift_upper ;;
  }

  dimension: relative_lift_status {
    type: string
    description: "Why there is no relative interval. `ok`; `control_is_zero`; `control_not_separated_from_zero` (A <= 0 in Fieller's formula, the interval has no end); or as `status`."
    sql: ${TABLE}.relative_lift_status ;;
  }

  dimension: p_value_holm {
    type: number
    description: "The p-value after Holm's correction, over the comparisons of the experiment and phase."
    sql: ${TABLE}.p_value_holm ;;
  }

  dimension: p_value_bh {
    type: number
    description: "The p-value after Benjamini and Hochberg's correction, over the comparisons of the experiment and phase."
    sql: ${TABLE}.p_value_bh ;;
  }

  dimension: is_significant {
    type: yesno
    description: "Whether chance alone would rarely give such a lift. p_value < alpha = 1 - `confidence_level`."
    sql: ${TABLE}.is_significant ;;
  }

  dimension: sequential_p_value {
    type: number
    description: "A p-value that stays right however often one looks. min(1, sqrt(k + 1) exp(-k t^2 / (2 (k + 1)))), k = (nT + nC) rho^2, rho^2 = (-2 ln(alpha) + ln(1 - 2 ln(alpha))) / `sequential_tuning_users` (Waudby-Smith et al., arXiv 2103.06476)."
    sql: ${TABLE}.sequential_p_value ;;
  }

  dimension: sequential_lower {
    type: number
    description: "The lift is at least this, on every day one may look. mT - mC - SE sqrt(2 (k + 1) / k ln(sqrt(k + 1) / alpha)), k as for the p-value (Waudby-Smith et al.)."
    sql: ${TABLE}.sequential_lower ;;
  }

  dimension: sequential_upper {
    type: number
    description: "The lift is at most this, on every day one may look. mT - mC + SE sqrt(2 (k + 1) / k ln(sqrt(k + 1) / alpha)) (Waudby-Smith et al.)."
    sql: ${TABLE}.sequential_upper ;;
  }

  dimension: sequential_relative_lower {
    type: number
    value_format_name: percent_2
    description: "The relative lift is at least this, on every day one may look: Fieller's interval with the sequential interval's number of standard errors. Null when it has no end."
    sql: ${TABLE}.sequential_relative_lower ;;
  }

  dimension: sequential_relative_upper {
    type: number
    value_format_name: percent_2
    description: "The relative lift is at most this, on every day one may look. Null when the interval has no end."
    sql: ${TABLE}.sequential_relative_upper ;;
  }

  dimension: chance_to_beat_control {
    type: number
    description: "Probability that the variant's mean is above the control's, after the data and the prior; where a decrease is good, a low one is good. Phi(mu / sigma) of the normal posterior of the relative lift, prior N(`prior_mean`, `prior_sd`^2), likelihood error sqrt(vT / nT + (mT / mC)^2 vC / nC) / |mC| (Gelman et al., Bayesian Data Analysis, 2.5)."
    sql: ${TABLE}.chance_to_beat_control ;;
  }

  dimension: expected_loss {
    type: number
    description: "How much of the metric, as a share, is lost on average by shipping the variant, counting the cases in which it is lower. sigma phi(mu / sigma) - mu Phi(-mu / sigma) of the same posterior (normal loss function)."
    sql: ${TABLE}.expected_loss ;;
  }

  dimension: minimum_detectable_effect {
    type: number
    value_format_name: percent_2
    description: "Smallest relative lift that these numbers of users would probably show. d SE / |mC|, d solving 1 - Phi(z - d) + Phi(-z - d) = `power`, z the normal quantile at 1 - alpha / 2 (Montgomery, Runger, 9-2.2)."
    sql: ${TABLE}.minimum_detectable_effect ;;
  }

  dimension: required_users {
    type: number
    description: "Users per variant that it takes to find the metric's `minimum_effect`. d^2 (vT + vC) / (minimum_effect mC)^2, rounded up (Montgomery, Runger, 9-2.2)."
    sql: ${TABLE}.required_users ;;
  }

  dimension: effect_trend {
    type: number
    description: "By how much the lift per day changes with each day since the assignment; of the other sign than the effect when its novelty wears off. Difference of the mean slopes of the users' values over their first 14 days, of users as old; null for ratios."
    sql: ${TABLE}.effect_trend ;;
  }

  dimension: effect_trend_standard_error {
    type: number
    description: "Standard error of the trend (Welch)."
    sql: ${TABLE}.effect_trend_standard_error ;;
  }

  dimension: effect_trend_p_value {
    type: number
    description: "p-value of the trend (Welch): how often an effect that does not change would seem to change so much."
    sql: ${TABLE}.effect_trend_p_value ;;
  }

  dimension: status {
    type: string
    description: "`ok`, or why nothing can be compared: `no_users`, `no_control`, `no_control_users`, `too_few_users`, `no_denominator`, `zero_variance`."
    sql: ${TABLE}.status ;;
  }

  measure: count {
    type: count
  }
}
