"""How a file would be read: by a vendor file that is there, or by one that is guessed from it.

Belongs here: reading a file by the code that a run uses, and telling what came of it. Nothing is
landed, posted or written. Which words a file's columns may be known by is the feed's to say.
"""
