#!/bin/sh
# Removes what an older build left, so that a file that was deleted is gone here too.
set -eu
. "$(dirname "$0")/settings.sh"

rm -rf "$ROOT/storefront/static" "$ROOT/storefront/__pycache__"
echo "Cleared $ROOT."
