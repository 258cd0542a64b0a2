#!/bin/sh
# Many processes on one store for a minute (tests/torture/many.py; ten in `make torture`).
cd "$(dirname "$0")/../.." && exec python3 tests/torture/many.py --seconds 60
