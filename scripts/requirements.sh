#!/usr/bin/env bash
# Pin what pyproject.toml asks for: requirements.txt (core) and one file an extra, all consistent.
# Pins already there are kept; `make requirements UPGRADE=1` looks for newer ones.
set -euo pipefail
cd "$(dirname "$0")/.."
unset UV_FIND_LINKS # pins come from the index alone
uv=${UV:-.venv/bin/uv}
every=$(mktemp)
trap 'rm -f "$every"' EXIT
[ -n "${UPGRADE:-}" ] || cat requirements*.txt 2>/dev/null | sort -u >"$every" || true

compile() { # compile ARGUMENT ...
    "$uv" pip compile pyproject.toml --universal --python-version 3.11 --quiet \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@"
}

compile --all-extras --output-file "$every" >/dev/null
for extra in "" dev neural mlops cluster; do
    file="requirements${extra:+-$extra}.txt"
    # torch draws gigabytes of CUDA parts on some machines and none on others: its own matter.
    pins=$(compile --constraint "$every" ${extra:+--extra "$extra"} |
        grep -vE '^(nvidia-|cuda-|triton)')
    printf '# Made by `make requirements` from pyproject.toml; not edited by hand.\n%s\n' \
        "$pins" >"$file"
done
