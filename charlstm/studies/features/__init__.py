"""Which units tell a feature of the characters of any text, and which of them the network uses."""
