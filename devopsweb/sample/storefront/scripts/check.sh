#!/bin/sh
# Loads the installed shop once, before it takes the place of the old one.
set -eu
. "$(dirname "$0")/settings.sh"

cd "$ROOT"
python3 -c "
from storefront import catalogue
from storefront.app import version
print('version', version(), 'with', len(catalogue.load()), 'products')
"
