// SPDX-License-Identifier: Apache-2.0
package etherbay.node.held;

import etherbay.initiator.DiskAddress;
import etherbay.nbd.NbdAddress;
import etherbay.nbd.TlsMode;
import etherbay.node.NbdFront;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Something that a node uses and offers over NBD besides its exports, as a person asks for it.
 * Values: equal ones are held alike.
 */
public sealed interface HeldSpec {
    /** In the order in which a node begins with them. */
    enum Kind {
        DISK,
        MIRROR,
        VOLUME;

        /** As a person calls it, and as its table is called. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Where it is offered.
     *
     * @param name of the NBD export; clients that name none get it too
     * @param tlsFolder the certificates, as QEMU lays them out
     */
    record Front(NbdAddress address, String name, TlsMode tls, Optional<Path> tlsFolder) {
        /** Without TLS, under the empty name. */
        public static Front at(NbdAddress address) {
            return new Front(address, "", TlsMode.OFF, Optional.empty());
        }

        NbdFront.Options options(boolean readOnly) {
            return new NbdFront.Options(address, name, readOnly, tls, tlsFolder);
        }
    }

    /**
     * An AoE disk.
     *
     * @param interfaces NICs or {@code unix:PATH}; each is a way to it
     * @param failAfterNs how long it may be silent before requests fail
     */
    record Disk(
            DiskAddress address,
            List<String> interfaces,
            long failAfterNs,
            Optional<Front> front,
            boolean readOnly)
            implements HeldSpec {
        public Disk {
            interfaces = List.copyOf(interfaces);
        }

        @Override
        public Kind kind() {
            return Kind.DISK;
        }

        @Override
        public String name() {
            return address.toString();
        }
    }

    /**
     * A mirror, which is assembled as {@code etherbay mirror assemble} does it: never with force,
     * and never taken from another owner.
     *
     * @param legs as a person names them; none to look for them on the segments
     * @param legTimeoutNs that a leg may be silent
     * @param slowTimeoutNs that a leg which answers may take for one request
     * @param syncMib that recovery and check move a second at most; 0 for no limit
     */
    record Mirror(
            String name,
            List<String> legs,
            List<String> interfaces,
            long legTimeoutNs,
            long slowTimeoutNs,
            long syncMib,
            Optional<Front> front,
            boolean readOnly)
            implements HeldSpec {
        public Mirror {
            legs = List.copyOf(legs);
            interfaces = List.copyOf(interfaces);
        }

        @Override
        public Kind kind() {
            return Kind.MIRROR;
        }
    }

    /**
     * A logical volume.
     *
     * @param name {@code VG/LV}
     * @param directIo past the page cache; empty for the default
     */
    record Volume(String name, Optional<Boolean> directIo, Optional<Front> front, boolean readOnly)
            implements HeldSpec {
        @Override
        public Kind kind() {
            return Kind.VOLUME;
        }
    }

    Kind kind();

    /** What tells it from others of its kind. */
    String name();

    /** Where it is offered; empty to use it here alone. */
    Optional<Front> front();

    boolean readOnly();

    /** {@code mirror web}: what tells it from all others. */
    default String key() {
        return kind() + " " + name();
    }
}
