#!/bin/sh
# Reading and changing meetings over the HTTP interface.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/serve_edit.py
