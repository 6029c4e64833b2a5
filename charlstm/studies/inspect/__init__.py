"""Looking inside a model at work: a text, its gates, its units, and the reach of its gradients."""
