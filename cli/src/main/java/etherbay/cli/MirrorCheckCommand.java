// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.util.List;

/** {@code etherbay mirror check} and {@code repair}: whether the legs are the same. */
@Command(
        name = "check",
        description = {
            "Compare all legs, beside what else goes on; says which sectors differ. One that is",
            "under way when the mirror ends goes on by itself when it is assembled again."
        },
        mixinStandardHelpOptions = true)
final class MirrorCheckCommand extends MirrorCommand.Verb {
    private static final long LOOK_MS = 500;

    @Option(
            names = "--from",
            paramLabel = "SECTOR",
            description = "go on where another check was ended (default 0)")
    private long from;

    @Option(
            names = "--cancel",
            description = "end a check or repair that is under way, or was when the mirror ended")
    private boolean cancel;

    @Override
    public void run() {
        if (cancel) {
            change("cancel");
        } else {
            watch(this, "check", "", "" + from);
        }
    }

    /** Mends as well. */
    @Command(
            name = "repair",
            description = {
                "Compare all legs, and make them the same again: as the leg is that is named, or,",
                "with three or more, as most of them are."
            },
            mixinStandardHelpOptions = true)
    static final class Repair extends MirrorCommand.Verb {
        @Option(names = "--like", paramLabel = "LEG", description = "the leg that is right")
        private String like = "";

        @Option(
                names = "--from",
                paramLabel = "SECTOR",
                description = "go on where another repair was ended (default 0)")
        private long from;

        @Override
        public void run() {
            watch(this, "repair", like, "" + from);
        }
    }

    private static void watch(MirrorCommand.Verb verb, String... words) {
        try (MirrorReach mirror = MirrorReach.open(
                verb.options(), verb.name(), List.of(), MirrorOptions.How.PLAIN, verb::tell)) {
            mirror.ask(words);
            String progress = mirror.ask("progress");
            while (!progress.startsWith("ended")) {
                mirror.pause(LOOK_MS);
                progress = mirror.ask("progress");
                if (!verb.json() && progress.contains("%")) {
                    verb.tell(progress.strip().replace('\t', ' '));
                }
            }
            verb.out()
                    .print(
                            verb.json()
                                    ? mirror.ask("json")
                                    : progress.substring("ended\t".length()));
            verb.out().flush();
            if (progress.contains("differ") && !progress.contains("mended")) {
                throw new EtherbayException(
                        ErrorCode.DEVIATES,
                        "the legs of " + verb.name() + " are not the same",
                        progress.strip().substring("ended\t".length()),
                        "find out which leg is right (read it alone: etherbay mirror assemble "
                                + "--read-only), then: etherbay mirror repair " + verb.name()
                                + " --like LEG");
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }
}
