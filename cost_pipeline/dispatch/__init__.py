"""Dispatch sends what leaves this program over the network. It knows no table and no Dagster.

Here: alerts and the webhook that takes them. Not here: what is red; `defs` finds that.
"""
