"""Union rules: packs of effective-dated data, and their evaluation on timecards.

The functions are pure, over packs and Arrow tables: nothing here fetches, stores or reads a clock.
Data says what a rule is (`data/reference/union_rules`); one module of `families` computes each kind
of rule. A card that cannot be evaluated gets a finding that says why, never a number.
"""
