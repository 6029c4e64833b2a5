"""The dimension analysis of a network: its equations, shapes, parameters, bytes and operations."""
