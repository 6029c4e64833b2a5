"""SyntaxGym's test suites: surprisal summed by region, and predictions about these sums."""
