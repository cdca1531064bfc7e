"""The lines of business, each composing the rooms into its own flow.

A feed reads tables from the lake, hands them to pure kernels, and commits what they return. It
knows no Dagster: `defs` calls it, and so do the command line and the tests.
"""
