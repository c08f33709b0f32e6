"""The report: one self-contained HTML file made from the marts."""
