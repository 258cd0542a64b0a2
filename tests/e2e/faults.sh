#!/bin/sh
# What fails below the program, one call after another, over every command (tests/torture/faults.py): one place of FAULTS (60); each in `make torture`.
cd "$(dirname "$0")/../.." && exec python3 tests/torture/faults.py --coarse --every "${FAULTS:-60}"
