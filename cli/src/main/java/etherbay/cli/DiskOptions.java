// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.initiator.DiskAddress;
import etherbay.initiator.tools.FoundPath;

import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.List;

/** The disk and the interface of verbs that ask one disk. */
final class DiskOptions {
    @Parameters(index = "0", paramLabel = "eX.Y", description = "the disk: shelf X, slot Y")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String disk;

    @Option(
            names = "--if",
            paramLabel = "IFACE",
            description = "a NIC, or unix:PATH for a segment (default eth0)")
    private String interfaceName = "eth0";

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    DiskAddress disk() {
        return DiskAddress.parse(disk);
    }

    /** The same where the verb takes {@code e*.*} too. */
    DiskAddress wildDisk() {
        return DiskAddress.parseWild(disk);
    }

    OpenPorts open() {
        return OpenPorts.open(List.of(interfaceName));
    }

    /** The path on which the disk answers first. */
    FoundPath find(OpenPorts ports) {
        return ports.first().require(disk());
    }

    boolean json() {
        return json;
    }
}
