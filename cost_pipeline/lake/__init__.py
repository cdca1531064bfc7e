"""Where things are kept: delivered bytes by their hash, and Delta tables that are never edited.

Rooms above ask a `Lake` for a table and get Arrow; nobody else opens a file of it. No business
meaning lives here: what a posting or a dead letter is, the lake does not know.
"""
