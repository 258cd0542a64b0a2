#!/bin/sh
# A file system that goes read-only, gives errors or is full for a while: nothing is lost, and all works again without a restart.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/failing_disk.py
