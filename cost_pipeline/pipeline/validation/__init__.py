"""Judges landed deliveries row by row, in chunks that survive a crash."""
