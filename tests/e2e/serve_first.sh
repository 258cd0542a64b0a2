#!/bin/sh
# A first start with nothing installed.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/serve_first.py
