#!/bin/sh
# What the tests need beside Python: a second PostgreSQL, PgBouncer, a browser and Tesseract's data. Root installs them; everybody else is told how.
set -eu
missing=""
[ -x /usr/lib/postgresql/15/bin/postgres ] || missing="postgresql-15"
[ -x /usr/sbin/pgbouncer ] || missing="$missing pgbouncer"
command -v chromium-headless-shell > /dev/null || command -v chromium > /dev/null || missing="$missing chromium-headless-shell"
[ -f /usr/share/tesseract-ocr/5/tessdata/Latin.traineddata ] || missing="$missing tesseract-ocr-script-latn"
[ -f /usr/share/tesseract-ocr/5/tessdata/osd.traineddata ] || missing="$missing tesseract-ocr-osd"
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "Installing $missing (once) …"
    mkdir -p /etc/postgresql-common/createcluster.d
    echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.d/no-main-cluster.conf
    apt-get -qq update
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends $missing fonts-liberation > /dev/null
elif [ -n "$missing" ]; then
    echo "Not installed, so their tests are skipped; as root: apt-get install $missing" >&2
fi
# The TypeScript compiler, of the version in its lock file.
if command -v npm > /dev/null; then
    [ -x tests/types/node_modules/.bin/tsc ] || (cd tests/types && npm ci --silent --no-audit --no-fund --ignore-scripts)
else
    echo "npm is not installed, so the front end's types are not compiled" >&2
fi
