// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What is written on a block device, by the program {@code blkid} of util-linux: it knows every
 * format that there is, and reads the device itself, not a cache of what it once was. Blocking.
 */
final class Blkid implements DeviceByUuid.Probe {
    /** A disk that is gone, as a network's, may never answer; the others are still to be asked. */
    private static final long PATIENCE_S = 10;

    private static final List<Path> PLACES =
            List.of(Path.of("/usr/sbin/blkid"), Path.of("/sbin/blkid"), Path.of("/usr/bin/blkid"));

    private final String program;

    Blkid(String program) {
        this.program = program;
    }

    /** It is often not on the path of those who are not root. */
    static Blkid ofThisMachine() {
        return new Blkid(PLACES.stream()
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse("blkid"));
    }

    @Override
    public Map<String, String> of(Path device) {
        try {
            Process blkid = new ProcessBuilder(program, "-p", "-o", "export", device.toString())
                    .redirectError(Redirect.DISCARD)
                    .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                    .start();
            // What it prints is far below the size of a pipe: it ends without being read.
            if (!blkid.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
                blkid.destroyForcibly();
                return Map.of();
            }
            byte[] said = blkid.getInputStream().readAllBytes();
            return parse(new String(said, StandardCharsets.UTF_8));
        } catch (IOException cause) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the UUIDs of the disks cannot be read",
                    "the program blkid does not run: " + cause.getMessage(),
                    "apt-get install util-linux, or name the device by its path");
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            return Map.of();
        }
    }

    /** Lines {@code NAME=value}, with a backslash before what a shell would not take. */
    static Map<String, String> parse(String text) {
        Map<String, String> signature = new HashMap<>();
        text.lines().forEach(line -> {
            int equals = line.indexOf('=');
            if (equals > 0) {
                signature.put(
                        line.substring(0, equals),
                        line.substring(equals + 1).replaceAll("\\\\(.)", "$1"));
            }
        });
        return signature;
    }
}
