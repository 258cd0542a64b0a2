#!/bin/sh
# The daemon against what no client would send.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/serve_hostile.py
