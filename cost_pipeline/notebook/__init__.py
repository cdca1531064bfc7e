"""A home as people work with it in a notebook: views of what it holds, as frames of any library.

It only reads. What a view shows is declared by the feed (`pipeline.declared.views`); here is how it
is handed over.
"""
