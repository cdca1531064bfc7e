"""What every feed does: pull, validate, keep dead letters, report. It knows no line of business.

What a feed adds is in its declaration (`pipeline.feed`), which every session carries.
"""
