# Written by write.py from the YAML of the marts.
constant: segment_experiments_schema {
  value: "experiments"
  export: override_required
}
