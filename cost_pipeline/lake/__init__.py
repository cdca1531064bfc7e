"""The lake keeps delivered bytes by their hash, and Delta tables that are never edited.

Rooms above ask a `Lake` for a table and get Arrow; nobody else opens a file of it. No business
meaning lives here: the lake does not know what a posting or a dead letter is.
"""
