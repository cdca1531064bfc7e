"""Rows to records and dead letters, in two lanes that give the same verdict.

interpreter   what a vendor file and a header say about reading a row
reading       one text to one typed value, and the model's verdict on it
model_lane    one row at a time through its Pydantic contract: the reference
column_lane   whole columns, each row accepted, explained or left to the model
explaining    the problems of refused rows, put together in columns
chunk         one chunk through both, into tables
"""
