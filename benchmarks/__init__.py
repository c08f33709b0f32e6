"""How long the project takes and how much memory, against the physical limit and the usual way."""
