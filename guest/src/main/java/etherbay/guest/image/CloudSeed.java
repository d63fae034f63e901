// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.image;

import etherbay.guest.HostCommand;

import io.avaje.jsonb.Jsonb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The small read-only disk from which a cloud image sets itself up: cloud-init's NoCloud, an ISO
 * 9660 image of the name {@code cidata} with {@code user-data} and {@code meta-data} (cloud-init's
 * "NoCloud" page). The texts are JSON, which YAML is a superset of.
 */
final class CloudSeed {
    private CloudSeed() {}

    static String program() {
        return HostCommand.require("genisoimage", "genisoimage").toString();
    }

    /** Whoever may read the file learns the password. */
    static void write(Path seed, String hostname, String id, Login login) {
        Path work = LongCommand.workFolder(seed.toAbsolutePath().getParent());
        try {
            Files.writeString(work.resolve("user-data"), userData(hostname, login));
            Files.writeString(work.resolve("meta-data"), metaData(hostname, id));
            Path made = work.resolve("seed");
            HostCommand.runOrThrow(
                    work,
                    List.of(
                            program(),
                            "-quiet",
                            "-V",
                            "cidata",
                            "-J",
                            "-r",
                            "-o",
                            made.toString(),
                            "user-data",
                            "meta-data"),
                    "is there room in " + seed.toAbsolutePath().getParent() + "? (df -h)");
            Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-------"));
            Files.move(made, seed, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } finally {
            LongCommand.forget(work);
        }
    }

    static String userData(String hostname, Login login) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("hostname", hostname);
        data.put("growpart", Map.of("mode", "auto", "devices", List.of("/")));
        if (!login.sshKey().isEmpty()) {
            data.put("ssh_authorized_keys", List.of(login.sshKey()));
        }
        if (!login.password().isEmpty()) {
            data.put("password", login.password());
            data.put("chpasswd", Map.of("expire", false));
        }
        return "#cloud-config\n" + Jsonb.builder().build().toJson(data) + "\n";
    }

    static String metaData(String hostname, String id) {
        Map<String, Object> data = new LinkedHashMap<>();
        data.put("instance-id", id);
        data.put("local-hostname", hostname);
        return Jsonb.builder().build().toJson(data) + "\n";
    }
}
