"""The steps from logits to a character, a file for each; `charlstm.sampling.filters` has the order.

A file has `step(filters, context)`, which makes the step that the filters ask for, or None. It is
imported when one of its settings is given, so a step that nobody asks for costs nothing.
"""
