// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.mirror.Creation;
import etherbay.mirror.Part;
import etherbay.node.AttachedMirror;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** {@code etherbay mirror create}: two or more disks become the legs of a new mirror. */
@Command(
        name = "create",
        description = {
            "Make a mirror of two or more disks. What they hold is lost.",
            "",
            "Assemble or attach it then: the first leg is copied to the others while it is in use."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class MirrorCreateCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "NAME", description = "what the mirror is called")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private String name;

    @Parameters(
            index = "1..*",
            arity = "2..*",
            paramLabel = "LEG",
            description = "eX.Y, a file, a block device, VG/LV, or nbd://...")
    @SuppressWarnings("NullAway.Init") // required by picocli
    private List<String> legs;

    @Mixin
    @SuppressWarnings("NullAway.Init") // picocli makes it
    private MirrorOptions options;

    @Option(
            names = {"-y", "--yes"},
            description = "write over what is on them")
    private boolean yes;

    @Option(
            names = "--assume-clean",
            description = "the legs are the same already (both new and empty, say): nothing is"
                    + " copied")
    private boolean assumeClean;

    @Option(
            names = "--no-bitmap",
            description = "after a crash everything is copied, not just what was being written")
    private boolean noBitmap;

    @Option(names = "--json", description = "print one JSON document")
    private boolean json;

    @Override
    public void run() {
        requireName();
        PrintWriter out = spec.commandLine().getOut();
        List<UUID> ids = Stream.generate(UUID::randomUUID).limit(legs.size()).toList();
        UUID arrayId = UUID.randomUUID();
        AttachedMirror.create(
                options.options(name, legs, MirrorOptions.How.PLAIN),
                parts -> {
                    warnOfHosts(parts);
                    return new Creation.Request(
                            name, arrayId, ids, assumeClean, !noBitmap, System.currentTimeMillis());
                },
                this::requireEmpty,
                new Counters());
        if (json) {
            Map<String, Object> made = new LinkedHashMap<>();
            made.put("name", name);
            made.put("uuid", etherbay.mirror.SuperblockFormat.text(arrayId));
            made.put("legs", legs);
            out.println(JsonText.of(made));
        } else {
            out.println("mirror \"" + name + "\" created of " + String.join(", ", legs)
                    + "; use it: etherbay attach " + name + " --if "
                    + String.join(",", options.interfaces()) + " --nbd unix:PATH");
        }
        out.flush();
    }

    private void requireName() {
        if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,31}") || name.matches("e[0-9]+\\.[0-9]+")) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + EtherbayException.shown(name) + "` is no name of a mirror",
                    "one has up to 32 letters, digits, dots, dashes and underscores, and is no"
                            + " address of a disk",
                    "write etherbay mirror create web e0.0 e1.0");
        }
    }

    private void requireEmpty(List<AttachedMirror.Held> held) {
        List<String> full = held.stream()
                .filter(leg -> !leg.what().isEmpty())
                .map(leg -> leg.name() + " holds " + leg.what())
                .toList();
        if (!full.isEmpty() && !yes) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "no mirror is made",
                    String.join("; ", full),
                    "if that may be lost: the same command with --yes; nothing was written");
        }
    }

    /** The article's own mistake. */
    private void warnOfHosts(List<Part> parts) {
        Map<String, List<String>> byHost = new LinkedHashMap<>();
        for (Part part : parts) {
            if (!part.host().isEmpty()) {
                byHost.computeIfAbsent(part.host(), host -> new ArrayList<>()).add(part.name());
            }
        }
        byHost.forEach((host, names) -> {
            if (names.size() > 1) {
                PrintWriter err = spec.commandLine().getErr();
                err.println("warning: " + String.join(" and ", names)
                        + " are served by one machine, " + host
                        + ": when it dies, so does the mirror");
                err.flush();
            }
        });
    }
}
