"""What reaches the disk: checkpoints, metrics, run folders, written whole or not at all."""
