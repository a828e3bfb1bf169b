#!/usr/bin/env bash
# Print the path of a Chromium: the one named, one on the PATH, else Debian's, installed where that is
# allowed. The browser tests ask here.
set -euo pipefail

found() { # the first browser there is
    local name
    for name in ${BAROGRAPH_CHROMIUM:-chromium chromium-browser google-chrome google-chrome-stable}; do
        command -v "$name" && return 0
    done
    return 1
}

refused() {
    echo "the browser tests need Chromium: apt-get install chromium, or set BAROGRAPH_CHROMIUM to the path of one" >&2
    exit 1
}

found && exit 0
# A browser that was named and is not there is a mistake, not a wish for another.
[ -z "${BAROGRAPH_CHROMIUM:-}" ] || refused
command -v apt-get >/dev/null || refused
as_root=
if [ "$(id -u)" -ne 0 ]; then
    sudo --non-interactive true 2>/dev/null || refused
    as_root="sudo --non-interactive"
fi
echo "installing Debian's chromium for the browser tests" >&2
export DEBIAN_FRONTEND=noninteractive
{
    $as_root apt-get update -qq &&
        $as_root apt-get install -y -qq --no-install-recommends chromium
} >&2 || refused
found || refused
