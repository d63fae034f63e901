// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code etherbay trace}: the latest frames of an export, for wireshark and tshark. */
@Command(
        name = "trace",
        description = {
            "Write the latest frames of an export as a pcap file, or switch on and off that they",
            "are kept: etherbay trace e0.0 --on; etherbay trace e0.0 --pcap e0.0.pcap --last 5s"
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class TraceCommand extends ApiVerb {
    private static final Pattern SECONDS = Pattern.compile("([0-9]{1,4}(?:\\.[0-9]{1,3})?)s?");
    private static final Pattern MINUTES = Pattern.compile("([0-9]{1,2})m(?:in)?");

    @Parameters(index = "0", paramLabel = "EXPORT", description = "which, such as e0.0")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String export;

    @ArgGroup(multiplicity = "1")
    private What what = new What();

    @Option(
            names = "--last",
            paramLabel = "TIME",
            defaultValue = "5s",
            description = "with --pcap: how much, in seconds or minutes: 5s, 0.5s, 2m"
                    + " (default ${DEFAULT-VALUE})")
    private String last = "";

    @Option(names = "--reason", paramLabel = "TEXT", description = "why, for the audit log")
    private String reason = "";

    /** One of these. */
    static final class What {
        @Option(
                names = "--pcap",
                paramLabel = "FILE",
                description = "write them there; what is there is replaced")
        private @Nullable Path pcap;

        @Option(names = "--on", description = "keep frames from now on, until the next start")
        private boolean on;

        @Option(names = "--off", description = "keep none any more")
        private boolean off;
    }

    @Override
    int ask(ApiClient client) {
        String path = "/exports/" + URLEncoder.encode(export, StandardCharsets.UTF_8);
        if (what.pcap != null) {
            write(client, path + "/pcap?seconds=" + seconds(last), what.pcap);
        } else {
            boolean on = what.on && !what.off;
            client.post(path + "/trace", Map.of("on", on), reason);
            out().println("the trace of %s is %s".formatted(export, on ? "on" : "off"));
        }
        return 0;
    }

    static String seconds(String text) {
        Matcher seconds = SECONDS.matcher(text);
        if (seconds.matches()) {
            return seconds.group(1);
        }
        Matcher minutes = MINUTES.matcher(text);
        if (minutes.matches()) {
            return Integer.toString(60 * Integer.parseInt(minutes.group(1)));
        }
        throw new EtherbayException(
                ErrorCode.INVALID,
                "--last %s is no time".formatted(EtherbayException.shown(text)),
                "it is a number of seconds or minutes",
                "write for instance --last 5s, or --last 2m");
    }

    /** By way of a file beside it, so that a refusal leaves what was there. */
    private void write(ApiClient client, String path, Path file) {
        Path beside = file.resolveSibling(file.getFileName() + ".part");
        try {
            try (OutputStream to = Files.newOutputStream(beside)) {
                client.download(path, to);
            }
            long bytes = Files.size(beside);
            Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
            out().println("%d bytes in %s; look at them: tshark -r %s"
                    .formatted(bytes, file, file));
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the frames could not be written to %s".formatted(file),
                    String.valueOf(failure.getMessage()),
                    "make room, or name another file");
        } finally {
            deleteIfThere(beside);
        }
    }

    private static void deleteIfThere(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failure) {
            file.toFile().deleteOnExit();
        }
    }
}
