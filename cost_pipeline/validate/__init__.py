"""Rows to records and dead letters, in two lanes that give the same verdict.

interpreter   what a vendor file and a header say about reading a row
model_lane    one row at a time through its Pydantic contract: the reference
column_lane   whole columns, accepting only rows that are proven acceptable
chunk         one chunk through both, into tables
"""
