"""From a config to a trained model: streams, shards, workers, updates, validation and saves."""
