"""How a result is written: tables, JSON, figures, pages, and text for a terminal."""
