"""What every room shares and no library provides: errors, canonical bytes, money, dates, reasons.

Only the standard library is imported here. Nothing here reads a clock, the environment or a lake;
`reference` opens the project's own reference files and nothing else.
"""
