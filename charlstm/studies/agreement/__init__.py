"""Subject agreement: a small English grammar, its minimal pairs, and the report on a model."""
