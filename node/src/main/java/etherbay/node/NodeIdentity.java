// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Which machine this is, to others: an identity that outlives restarts and is no two machines', and
 * a name for people.
 *
 * @param id made of machine-id(5), which is not told to others as it is
 */
public record NodeIdentity(UUID id, String name) {
    private static final Path MACHINE_ID = Path.of("/etc/machine-id");
    private static final String FILE = "node-id";

    /**
     * Of this machine.
     *
     * @param stateFolder whose file {@code node-id} tells it from other nodes of this machine, and
     *     keeps an identity where the machine has no machine-id
     * @throws EtherbayException ENVIRONMENT when there is none and none can be kept
     */
    public static NodeIdentity of(Path stateFolder) {
        return new NodeIdentity(id(stateFolder), hostName());
    }

    /** The same, by another name. */
    public NodeIdentity called(String another) {
        return new NodeIdentity(id, another);
    }

    private static UUID id(Path stateFolder) {
        Path kept = stateFolder.resolve(FILE);
        String known = read(kept); // of one of several nodes on this machine, say
        if (!known.isEmpty()) {
            return UUID.nameUUIDFromBytes(known.getBytes(StandardCharsets.UTF_8));
        }
        String machine = read(MACHINE_ID);
        if (!machine.isEmpty()) {
            return UUID.nameUUIDFromBytes(
                    ("etherbay node " + machine).getBytes(StandardCharsets.UTF_8));
        }
        String fresh = UUID.randomUUID().toString();
        try {
            Files.createDirectories(stateFolder);
            Files.writeString(kept, fresh);
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "this machine has no identity",
                    MACHINE_ID + " is empty, and " + kept + " cannot be written: " + failure,
                    "make one: systemd-machine-id-setup; or name a folder with --state");
        }
        return UUID.nameUUIDFromBytes(fresh.getBytes(StandardCharsets.UTF_8));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException absent) {
            return "";
        }
    }

    /** What this machine calls itself. */
    public static String hostName() {
        String known = read(Path.of("/proc/sys/kernel/hostname"));
        if (!known.isEmpty()) {
            return known;
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException unnamed) {
            return "localhost";
        }
    }
}
