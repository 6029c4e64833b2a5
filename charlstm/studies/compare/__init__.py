"""Several settings trained under one budget, one after another, and what came of them."""
