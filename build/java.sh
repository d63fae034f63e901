# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Finds a JDK and Maven, installs them where Debian has them. Sourced after packages.sh.

JAVA_VERSION_MIN=25

# Prints the feature release of the JDK in folder $1 (25), nothing if there is none.
jdk_version() {
    local line version
    [[ -x $1/bin/java && -x $1/bin/javac ]] || return 0
    if [[ -r $1/release ]]; then
        while IFS= read -r line; do
            if [[ $line == JAVA_VERSION=* ]]; then
                version=${line#JAVA_VERSION=\"}
                break
            fi
        done <"$1/release"
    fi
    [[ -n ${version:-} ]] || version=$("$1/bin/javac" -version 2>&1 | sed 's/^javac //')
    [[ $version =~ ^([0-9]+) ]] && REPLY=${BASH_REMATCH[1]} || REPLY=0
}

# Sets jdk to the first folder with a JDK that is new enough; false if there is none.
find_jdk() {
    local home on_path
    on_path=$(command -v javac || command -v java) &&
        on_path=$(readlink -f "$on_path") && on_path=${on_path%/bin/java*}
    for home in "${JAVA_HOME:-}" "$on_path" \
        /usr/lib/jvm/* /usr/local/lib/jvm/* /usr/java/* /opt/* /opt/java/* /opt/jdk/* /opt/jvm/* \
        /usr/local/*jdk* "${HOME:-/root}"/.sdkman/candidates/java/* "${HOME:-/root}"/.jdks/* \
        "${HOME:-/root}"/.asdf/installs/java/* "${HOME:-/root}"/.local/share/mise/installs/java/*; do
        [[ -n $home ]] || continue
        REPLY=0
        jdk_version "$home"
        if ((REPLY >= JAVA_VERSION_MIN)); then
            jdk=$home
            return 0
        fi
    done
    return 1
}

# Sets jdk, installing Debian's where Debian has one; otherwise ends with what to do.
need_jdk() {
    find_jdk && return
    local package="" arch
    if command -v apt-cache >/dev/null; then
        package=$(debian_jdk)
        if [[ -z $package && $EUID -eq 0 ]]; then
            update_package_lists
            package=$(debian_jdk)
        fi
    fi
    if [[ -n $package ]]; then
        need_packages "Java $JAVA_VERSION_MIN" "$package"
        find_jdk && return
    fi
    arch=x64
    [[ $(uname -m) == aarch64 ]] && arch=aarch64
    fail "no JDK $JAVA_VERSION_MIN or newer" \
        "neither JAVA_HOME, PATH, /usr/lib/jvm, /opt nor ~/.sdkman has one, and this Debian has no package of it" \
        "apt-get install -y curl ca-certificates && mkdir -p /opt/jdk-25 && curl -fL https://api.adoptium.net/v3/binary/latest/25/ga/linux/$arch/jdk/hotspot/normal/eclipse | tar xz -C /opt/jdk-25 --strip-components=1"
}

# Prints the name of the oldest sufficient JDK package that apt knows, or nothing.
debian_jdk() {
    apt-cache pkgnames openjdk- 2>/dev/null |
        sed -n 's/^openjdk-\([0-9]*\)-jdk-headless$/\1/p' | sort -n |
        while read -r version; do
            if ((version >= JAVA_VERSION_MIN)) &&
                apt-cache show "openjdk-$version-jdk-headless" >/dev/null 2>&1; then
                echo "openjdk-$version-jdk-headless"
                break
            fi
        done
}

need_maven() {
    command -v mvn >/dev/null || need_packages "the build" maven
    command -v mvn >/dev/null ||
        fail "no Maven" "the program mvn is not on the PATH" "install Maven 3.8 or newer"
}

# run_maven LOG ARGUMENT...: offline if all is in the local repository, else again online. The output
# goes to LOG and, line by line, to the function `progress` of the caller.
run_maven() {
    local log=$1
    shift
    maven_once "$log" -o "$@" && return 0
    grep -qE '^\[ERROR\].*(offline mode|has not been downloaded from it before|No plugin found for prefix)' "$log" || return 1
    maven_once "$log" "$@"
}

maven_once() {
    local log=$1
    shift
    (
        set -o pipefail
        JAVA_HOME=$jdk mvn -B -Dstyle.color=never -f "$root/pom.xml" "$@" </dev/null 2>&1 |
            tee "$log" | progress
    )
}
