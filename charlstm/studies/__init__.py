"""What one can ask of a trained model: each study is a slice with its measure and its report."""
