"""Dispatch: what leaves this program over the network. Knows no table and no Dagster.

Here: alerts and the webhook that takes them. Not here: what is red; `defs` finds that.
"""
