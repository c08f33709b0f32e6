"""Simulated Segment data with known truth: visitors, experiments, conversions, and real faults."""
