"""Drawing what the lens measured: coloured text, figures, and one self-contained page."""
