#!/bin/sh
# HTTPS by the recorder's own certificate.
cd "$(dirname "$0")/../.." && exec python3 tests/e2e/serve_tls.py
