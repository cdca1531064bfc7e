"""What counts as blank, for Python and for column engines alike."""

from __future__ import annotations

from typing import Final

# What `str.strip` takes away, spelled out so that Arrow and Python are asked the same question; a
# test holds it to that.
BLANKS: Final = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
