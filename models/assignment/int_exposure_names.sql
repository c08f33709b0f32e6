{{ segment_experiments.resolved_names_sql(
    ref('segment_experiments', 'stg_segment__exposure_names'),
    ref('segment_experiments', 'stg_registry__experiments'),
    ref('segment_experiments', 'stg_registry__experiment_variants')
) }}
