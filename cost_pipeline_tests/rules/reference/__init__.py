"""The rules again, slow and obvious: one function a rule, `Decimal`, no tables, no shared code.

Written from the collected facts alone and never from `cost_pipeline.rules`, so that a mistake of
either shows as a difference. A card here is a row of `TIMECARD_SCHEMA` as a dict.
"""
