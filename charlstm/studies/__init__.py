"""Studies of trained models. Each study has its own measure and its own report."""
