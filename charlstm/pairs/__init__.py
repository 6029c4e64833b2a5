"""Minimal pairs: read from files, and scored by a model."""
