"""Checkpoints, metrics and run folders on the disk, written whole or not at all."""
