#!/bin/sh
# A folder that the daemon watches.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/serve_watch.py
