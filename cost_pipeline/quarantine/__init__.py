"""Dead letters as events: opened, resolved. Nothing edits one; what is open now is a view.

Pure over Arrow; where the events are stored is not known here.
"""
