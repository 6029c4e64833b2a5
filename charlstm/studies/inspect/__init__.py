"""Looking inside a model at work: measures in the files here, what draws them in `draw`."""
