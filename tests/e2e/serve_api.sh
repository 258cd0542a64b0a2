#!/bin/sh
# The HTTP interface, end to end.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/serve_api.py
