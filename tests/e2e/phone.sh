#!/bin/sh
# A phone's browser records into the box, and its connection is lost meanwhile.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/phone.py
