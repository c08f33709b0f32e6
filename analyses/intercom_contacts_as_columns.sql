{#- For tools that map columns: a column per experiment that is exported now. -#}
{{ config(enabled=segment_experiments.is_exported('intercom')) }}
{{ segment_experiments.export_as_columns('export_intercom_contacts') }}
