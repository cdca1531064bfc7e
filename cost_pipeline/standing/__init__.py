"""Which row of a natural key stands, whatever the order in which rows came.

Duplicates, conflicts and corrections are resolved here for every feed; what standing rows mean in a
book is for the feed to say.
"""
