"""Several settings trained under one budget, one after another, and their results."""
