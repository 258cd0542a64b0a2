#!/bin/sh
# Jobs beside other programs and beside each other.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/serve_jobs.py
