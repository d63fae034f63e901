# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Debian packages: say what is missing, install it as root, otherwise print the command.
# Sourced by ./etherbay and ./dev.

EXIT_ENVIRONMENT=5 # etherbay.base.ErrorCode.ENVIRONMENT

# fail WHAT WHY DO: the three lines of every error, and the exit code of a machine that lacks something.
fail() {
    printf 'etherbay: %s\n  why: %s\n  do: %s\n' "$1" "$2" "$3" >&2
    exit "$EXIT_ENVIRONMENT"
}

# Prints those of the named packages that are not installed.
missing_packages() {
    local name
    for name in "$@"; do
        [[ $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] ||
            printf '%s ' "$name"
    done
}

# Refreshes apt's lists once per run, when they are absent or an installation found them stale.
update_package_lists() {
    [[ -n ${package_lists_updated:-} ]] && return
    package_lists_updated=1
    echo "etherbay: refreshing the package lists (apt-get update)" >&2
    apt-get -q update >&2 || echo "etherbay: apt-get update failed, going on with what is there" >&2
}

# need_packages WHY PACKAGE...: after it all packages are installed, or the script has ended.
need_packages() {
    local why=$1 missing
    shift
    if ! command -v dpkg-query >/dev/null; then
        echo "etherbay: not a Debian system; $why needs what Debian calls: $*" >&2
        return 0
    fi
    missing=$(missing_packages "$@")
    missing=${missing% }
    [[ -z $missing ]] && return 0
    if [[ $EUID -ne 0 ]]; then
        fail "$why needs Debian packages that are not installed: $missing" \
            "only root can install them" \
            "sudo apt-get install -y --no-install-recommends $missing"
    fi
    echo "etherbay: $why needs Debian packages, installing: $missing" >&2
    install_packages $missing ||
        { update_package_lists && install_packages $missing; } ||
        fail "apt-get could not install: $missing" \
            "its own message stands above" \
            "apt-get install -y --no-install-recommends $missing"
}

install_packages() {
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || update_package_lists
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 install "$@" </dev/null >&2
}
