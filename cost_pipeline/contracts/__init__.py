"""What data must look like: vendor files, productions, and the cost records themselves.

Models are strict, frozen and refuse unknown fields. The compiler from a model to the columnar lane
lives here too, because the lane is derived from the model and from nothing else.
"""
