"""The library of features of characters: short functions of a text, and their registry."""
