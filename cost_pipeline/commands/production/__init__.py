"""The commands of the production feed; `feeds/listed.py` says which they are."""
