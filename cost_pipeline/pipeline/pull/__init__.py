"""Vendors asked for a pull date, and what they sent landed."""
