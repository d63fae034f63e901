// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** {@code etherbay support-bundle}: what somebody who helps has to know, without what is secret. */
@Command(
        name = "support-bundle",
        description = {
            "Write what somebody who helps has to know into a tar.gz: the daemon's report, health,",
            "events, tasks, audit log and applied settings, versions, what the kernel says of",
            "links and disks, the last lines of the log. Tokens, keys and passwords are taken out."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class SupportBundleCommand extends ApiVerb {
    private static final int PART_BYTES_MAX = 4 << 20;
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** What is asked of the daemon, by the file that it becomes. */
    private static final Map<String, String> ASKED = ordered(
            "report.json", "/report",
            "health.json", "/health",
            "tasks.json", "/tasks",
            "events.json", "/events?limit=1000",
            "audit.json", "/audit?limit=1000",
            "applied.toml", "/settings");

    /** What is asked of this machine. */
    private static final Map<String, String> RUN = ordered(
            "kernel.txt", "uname -a",
            "links.txt", "ip -s link",
            "addresses.txt", "ip address",
            "disks.txt", "lsblk -b -o NAME,TYPE,SIZE,RO,MOUNTPOINT,FSTYPE,MODEL",
            "log.txt", "journalctl -u etherbay -n 1000 --no-pager -o short-iso");

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "FILE",
            description = "a new file (default: etherbay-support-TIME.tar.gz)")
    private @Nullable Path file;

    private static Map<String, String> ordered(String... pairs) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int index = 0; index < pairs.length; index += 2) {
            map.put(pairs[index], pairs[index + 1]);
        }
        return map;
    }

    @Override
    int ask(ApiClient client) {
        Instant now = Instant.now();
        Path to =
                file == null ? Path.of("etherbay-support-" + STAMP.format(now) + ".tar.gz") : file;
        Map<String, String> parts = collect(client);
        try {
            Files.createFile(
                    to,
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------")));
            try (TarGzWriter tar =
                    new TarGzWriter(Files.newOutputStream(to), now.getEpochSecond())) {
                for (Map.Entry<String, String> part : parts.entrySet()) {
                    tar.add("etherbay-support/" + part.getKey(), bytes(part.getValue()));
                }
            }
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the bundle could not be written to " + to,
                    failure.getClass().getSimpleName() + ": " + failure.getMessage(),
                    "name a file that is not there yet, in a folder with room");
        }
        out().println("%s: %d files; see what you send: tar xzf %s"
                .formatted(to, parts.size(), to));
        return 0;
    }

    private Map<String, String> collect(ApiClient client) {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put(
                "versions.txt",
                "etherbay %s%nJava %s%n%s %s%n"
                        .formatted(
                                Version.text(System.getProperty("etherbay.commit", "")),
                                Runtime.version(),
                                System.getProperty("os.name"),
                                System.getProperty("os.version")));
        ASKED.forEach((name, path) -> parts.put(name, asked(client, path)));
        if (!api().isRemote()) {
            RUN.forEach((name, command) ->
                    parts.put(name, HostFacts.of(Arrays.asList(command.split(" ")))));
        }
        return parts;
    }

    /** A daemon that does not answer is no reason to send nothing. */
    private static String asked(ApiClient client, String path) {
        try {
            return client.get(path).text();
        } catch (EtherbayException failure) {
            return failure.toText();
        }
    }

    private static byte[] bytes(String text) {
        byte[] bytes = Redaction.of(text).getBytes(StandardCharsets.UTF_8);
        return bytes.length > PART_BYTES_MAX ? Arrays.copyOf(bytes, PART_BYTES_MAX) : bytes;
    }
}
