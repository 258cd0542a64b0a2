#!/bin/sh
# What the captions said, from the end of a recording until its transcript is there.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/serve_draft.py
