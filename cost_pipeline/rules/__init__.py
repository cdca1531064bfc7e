"""Union rules: packs of effective-dated data, and their evaluation on timecards.

Pure functions over packs and Arrow tables: nothing here fetches, stores or reads a clock. What a
rule says is data (`data/reference/union_rules`), how a kind of rule is computed is one module of
`families`. A card that cannot be evaluated gets a finding that says why, never a number.
"""
