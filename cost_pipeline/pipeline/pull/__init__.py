"""Asks vendors for what they have for a pull date, and lands what they send."""
