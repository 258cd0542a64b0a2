#!/usr/bin/env python3
"""Every file, directory and socket below the given ones belongs to its owner alone: 0600 or 0700. Prints those that do not and fails.

  private.py DIR...
"""
import os, stat, sys


def lax(top):
    """[(path, mode)] of what others could reach. What goes away while we look is no matter."""
    found = []
    for d, _, names in os.walk(top):
        for p in [d] + [os.path.join(d, n) for n in names]:
            try:
                st = os.lstat(p)
            except FileNotFoundError:
                continue
            if not stat.S_ISLNK(st.st_mode) and stat.S_IMODE(st.st_mode) & 0o077:
                found.append((p, stat.S_IMODE(st.st_mode)))
    return found


if __name__ == "__main__":
    bad = sum((lax(d) for d in sys.argv[1:]), [])
    for p, mode in bad:
        print(f"{p}: mode {mode:o}, others could reach it", file=sys.stderr)
    sys.exit(bool(bad))
