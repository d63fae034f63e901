// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.EthernetPort;
import etherbay.target.Export;

import java.util.Locale;

/** What a person reads about an export on a port. On the loop, which knows them. */
final class ServiceText {
    private static final long MIB_SECTORS = 2048;

    private ServiceText() {}

    /** It is advertised, and answers. */
    static String serves(Export export, EthernetPort port, String what) {
        return "%s: serving %s (%d sectors, %s MiB) on %s (%s), MTU %d, %d sectors a frame, %s"
                .formatted(
                        export.settings().name(),
                        what,
                        export.sectors(),
                        mebibytes(export.sectors()),
                        port.name(),
                        port.mac(),
                        port.mtu(),
                        export.sectorsMax(port),
                        durability(export));
    }

    /** The interface is not there, or down. */
    static String waits(Export export, EthernetPort port, String what) {
        return "%s: waiting for interface %s; will serve %s as soon as it is there"
                .formatted(export.settings().name(), port.name(), what);
    }

    private static String durability(Export export) {
        if (export.readOnly()) {
            return "read-only";
        }
        if (export.syncFailed()) {
            return "NO WRITES after a failed sync: etherbay state clear --help";
        }
        return export.cacheOn()
                ? "write cache on: a write is durable after FLUSH, or about a second"
                : "write cache off: a write is durable when it is answered";
    }

    private static String mebibytes(long sectors) {
        return sectors % MIB_SECTORS == 0
                ? Long.toString(sectors / MIB_SECTORS)
                : String.format(Locale.ROOT, "%.1f", (double) sectors / MIB_SECTORS);
    }
}
