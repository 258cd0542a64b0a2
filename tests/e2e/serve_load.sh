#!/bin/sh
# Fifty readers beside a recording.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/serve_load.py
