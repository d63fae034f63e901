// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.nbd.NbdAddress;
import etherbay.nbd.TlsMode;
import etherbay.node.held.HeldSpec.Front;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads where a {@code [[disk]]}, {@code [[mirror]]} or {@code [[volume]]} is offered. */
final class FrontReader {
    private static final String ADDRESS_EXAMPLE = "unix:/run/etherbay/disk";
    private static final String FOLDER_EXAMPLE = "/etc/etherbay/tls";

    private FrontReader() {}

    /** Empty where it is not offered, or with a problem. */
    static Optional<Front> read(TableReader table) {
        Optional<NbdAddress> address = table.parsed(Keys.NBD, ADDRESS_EXAMPLE, NbdAddress::parse);
        Optional<String> name = table.text(Keys.NBD_NAME, "disk");
        TlsMode tls = table.word(Keys.TLS, words())
                .map(word -> TlsMode.valueOf(word.toUpperCase(Locale.ROOT)))
                .orElse(TlsMode.OFF);
        Optional<Path> folder = table.path(Keys.TLS_DIR, FOLDER_EXAMPLE);
        if (!table.has(Keys.NBD)) {
            for (String key : List.of(Keys.NBD_NAME, Keys.TLS, Keys.TLS_DIR)) {
                if (table.has(key)) {
                    table.problem(
                            key,
                            key + " stands without nbd",
                            "it says how the disk is offered over NBD, and nothing says where",
                            "add nbd = \"" + ADDRESS_EXAMPLE + "\", or leave " + key + " out");
                }
            }
        }
        if (tls != TlsMode.OFF && !table.has(Keys.TLS_DIR)) {
            table.problem(
                    Keys.TLS,
                    "tls stands without tls-dir",
                    "clients may or must encrypt, and nothing says with which certificates",
                    "add tls-dir = \"" + FOLDER_EXAMPLE
                            + "\" with server-cert.pem and server-key.pem in it");
            return Optional.empty();
        }
        return address.map(at -> new Front(at, name.orElse(""), tls, folder));
    }

    private static List<String> words() {
        return Arrays.stream(TlsMode.values())
                .map(mode -> mode.name().toLowerCase(Locale.ROOT))
                .toList();
    }
}
