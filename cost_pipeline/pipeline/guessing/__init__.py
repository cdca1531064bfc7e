"""A first vendor file for a file that nobody has described yet, each guess with its evidence.

Belongs here: looking at bytes, columns and values, and what they speak for. What they leave open is
left to a person: a guess is never used by a run.
"""
