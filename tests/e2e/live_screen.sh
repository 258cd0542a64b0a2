#!/usr/bin/env bash
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/live_screen.py
