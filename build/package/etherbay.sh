#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Etherbay's launcher as it is installed, as bin/etherbay: becomes the program, by the Java runtime
# beside it.
#
#   ETHERBAY_JAVA_OPTS   more options for the JVM, after ours

self=$(readlink -f "$0")
lib=${self%/bin/*}/lib/etherbay
. "$lib/verbs.sh"

# The archive of loaded classes insists on the order that it was made with.
jars=""
while read -r jar; do
    jars=$jars:$lib/app/$jar
done <"$lib/jars"

if is_service "${1:-}"; then
    # shellcheck disable=SC2086
    MALLOC_ARENA_MAX=2 exec "$lib/runtime/bin/java" "@$lib/common.jvm" "@$lib/serve.jvm" \
        -XX:AOTCache="$lib/etherbay.aot" ${ETHERBAY_JAVA_OPTS:-} \
        -cp "${jars#:}" etherbay.cli.Main "$@"
fi
# shellcheck disable=SC2086
exec "$lib/runtime/bin/java" "@$lib/common.jvm" -Xmx256m -XX:TieredStopAtLevel=1 \
    -XX:AOTCache="$lib/etherbay.aot" ${ETHERBAY_JAVA_OPTS:-} \
    -cp "${jars#:}" etherbay.cli.Main "$@"
