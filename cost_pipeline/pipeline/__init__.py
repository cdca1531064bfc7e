"""What every feed does: it pulls, validates, keeps dead letters, reports. Knows no business.

What a feed adds is in its declaration (`pipeline.feed`), which every session carries.
"""
