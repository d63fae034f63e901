# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# `./dev package`: what is installed, as a tree; a .deb and a tarball of it. Sourced by ./dev; see
# decision 0023.

# Of the JDK's modules what ours and the libraries use: its core, logs, TLS and HTTP, the memory
# pools and beans that Jetty counts by, options of Unix sockets, and sun.misc.Signal for SIGHUP.
RUNTIME_MODULES=java.base,java.logging,java.management,java.naming,java.net.http
RUNTIME_MODULES+=,jdk.management,jdk.net,jdk.unsupported

verb_package() {
    (($# == 0)) || bad_usage "package takes no argument, not: $*"
    need_packages "the package" dpkg tar gzip xz-utils coreutils findutils
    out=$root/.build/package
    tree=$out/tree
    lib=$tree/lib/etherbay
    version=$(sed -n '0,/<version>/s/.*<version>\(.*\)<\/version>.*/\1/p' "$root/pom.xml")
    arch=$(dpkg --print-architecture)
    # All files carry the time of the commit, so that the same sources give the same package, but
    # for the archive of classes.
    SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)
    export SOURCE_DATE_EPOCH
    rm -rf "$out" && mkdir -p "$lib" || exit
    phase "build" package_app && phase "java runtime" package_runtime &&
        phase "documents" package_documents && phase "start-up archive" package_archive &&
        phase "tarball" package_tarball && phase "deb" package_deb
    finish
}

package_app() {
    local app jar
    "$root/etherbay" --version && app=$root/.build/app-$(<"$root/.build/current") || return
    mkdir "$lib/app" && cp "$app"/*.jar "$lib/app/" &&
        cp "$root/build/common.jvm" "$root/build/serve.jvm" "$root/build/verbs.sh" "$lib/" &&
        install -D -m 755 "$root/build/package/etherbay.sh" "$tree/bin/etherbay" &&
        install -D -m 644 "$root/build/package/etherbay.service" \
            "$tree/lib/systemd/system/etherbay.service" &&
        install -m 644 "$root/build/package/host.conf" "$root/build/package/guests.conf" "$lib/" ||
        return
    commit=$(git -C "$root" describe --always --dirty --exclude '*' 2>/dev/null)
    [[ -z $commit ]] || echo "-Detherbay.commit=$commit" >>"$lib/common.jvm"
    (cd "$lib/app" && LC_ALL=C ls) >"$lib/jars"
    while read -r jar; do
        licensed "$jar" || {
            echo "$jar: no line of build/package/copyright names it" >&2
            return 1
        }
    done <"$lib/jars"
}

# Whether the copyright file has a line for a jar.
licensed() {
    local pattern
    while read -r pattern; do
        # shellcheck disable=SC2053
        [[ $1 == $pattern ]] && return
    done < <(sed -n 's|^Files: usr/lib/etherbay/app/||p' "$root/build/package/copyright")
    return 1
}

package_runtime() {
    "$jdk/bin/jlink" --add-modules "$RUNTIME_MODULES" --strip-java-debug-attributes \
        --no-header-files --no-man-pages --output "$lib/runtime"
}

# In the order of the launcher: what the archive of classes insists on.
package_class_path() { sed "s|^|$lib/app/|" "$lib/jars" | paste -sd :; }

package_documents() {
    local doc=$tree/share/doc/etherbay page
    mkdir -p "$doc" && cp "$root/README.md" "$root/LICENSE" "$root"/docs/*.md \
        "$root/docs/etherbay.toml" "$root/build/package/copyright" "$doc/" &&
        cp -r "$root/docs/monitoring" "$doc/" || return
    "$lib/runtime/bin/java" "@$lib/common.jvm" -cp "$(package_class_path)" \
        etherbay.cli.CommandDocuments "$tree" "$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)" &&
        gzip -9n "$tree"/share/man/man1/*.1 &&
        printf 'etherbay (%s) stable; urgency=medium\n\n  * See README.md.\n\n -- %s  %s\n' \
            "$version" "$MAINTAINER" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" |
        gzip -9n >"$doc/changelog.gz"
}

# Loaded classes as the JVM maps them: start-up in a third of the time. It holds for these jars with
# these times, wherever both are put.
package_archive() {
    find "$tree" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} + &&
        "$lib/runtime/bin/java" "@$lib/common.jvm" -XX:AOTCacheOutput="$lib/etherbay.aot" \
            -cp "$(package_class_path)" etherbay.cli.Main --help >"$out/aot.log" 2>&1 </dev/null &&
        touch -d "@$SOURCE_DATE_EPOCH" "$lib/etherbay.aot" "$lib" && du -sh "$lib/etherbay.aot"
}

package_tarball() {
    local name=etherbay-$version-linux-$arch
    cp -al "$tree" "$out/$name" &&
        install -D -m 644 -p "$root/build/package/etherbay.toml" "$out/$name/etc/etherbay.toml" &&
        tar -C "$out" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
            -cf - "$name" | xz -T0 -1 >"$out/$name.tar.xz" && rm -rf "${out:?}/$name" &&
        ls -sh "$out/$name.tar.xz"
}

package_deb() {
    local deb=$out/deb script
    mkdir -p "$deb/DEBIAN" && cp -al "$tree" "$deb/usr" &&
        install -D -m 644 "$root/build/package/etherbay.toml" "$deb/etc/etherbay/etherbay.toml" &&
        echo /etc/etherbay/etherbay.toml >"$deb/DEBIAN/conffiles" || return
    for script in postinst prerm postrm; do
        install -m 755 "$root/build/package/$script" "$deb/DEBIAN/$script" || return
    done
    (cd "$deb" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) \
        >"$deb/DEBIAN/md5sums"
    package_control "$(du -sk "$deb/usr" | cut -f1)" >"$deb/DEBIAN/control"
    find "$deb" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    dpkg-deb --root-owner-group -Zxz -z1 --build "$deb" "$out/etherbay_${version}_$arch.deb" &&
        rm -rf "$deb" && ls -sh "$out"/*.deb
}

MAINTAINER="Etherbay <etherbay@localhost>"

# package_control KIB: what dpkg is told.
package_control() {
    cat <<TEXT
Package: etherbay
Version: $version
Architecture: $arch
Maintainer: $MAINTAINER
Installed-Size: $1
Depends: libc6 (>= 2.34), zlib1g, adduser
Suggests: qemu-system-x86, busybox-static, e2fsprogs, iproute2, lvm2, mdadm
Section: admin
Priority: optional
Description: low-cost SAN on plain Ethernet
 Exports files and disks as ATA over Ethernet (AoE), uses such disks, mirrors them in md's format,
 cuts them into volumes in LVM2's, and serves them over NBD. It brings its own Java runtime.
 .
 Nothing is served until /etc/etherbay/etherbay.toml says so.
TEXT
}
