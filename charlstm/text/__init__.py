"""From a text of any size to an array of character ids, and back."""
