"""Everything numerical: ids to a loss and its gradients. No files, no text."""
