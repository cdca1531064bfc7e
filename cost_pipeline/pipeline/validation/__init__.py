"""Landed deliveries judged row by row: records and dead letters, in chunks that survive a crash."""
