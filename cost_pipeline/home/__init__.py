"""A home: the folder with a user's productions, vendor files, inbox and lake.

Here: reading its YAML and telling file and line of every mistake, and laying out a new one.
Not here: what a vendor is (contracts), fetching (acquire), tables (lake).
"""
