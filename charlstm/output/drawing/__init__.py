"""Drawings of the cells: for the pages of docs/, and for the page that runs a model."""
