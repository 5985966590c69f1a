#!/usr/bin/env python3
"""Writes breached.bin from lists of passwords, one a line: breached.py LIST... (see README.md)."""
import hashlib, sys, unicodedata

prefixes = set()
for path in sys.argv[1:]:
    with open(path, encoding="utf-8", errors="ignore") as lines:
        for line in lines:
            password = unicodedata.normalize("NFKC", line.rstrip("\r\n")).lower()
            if password:
                prefixes.add(hashlib.sha1(password.encode()).digest()[:5])
with open("breached.bin", "wb") as out:
    out.write(b"".join(sorted(prefixes)))
