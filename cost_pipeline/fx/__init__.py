"""Foreign exchange: snapshots of rates, the calendar they appear on, pinning and conversion.

Pure functions over text and Arrow tables. Nothing here fetches, stores or reads a clock; a missing
rate is a value with its reason and never a rate of another day, source or kind.
"""
