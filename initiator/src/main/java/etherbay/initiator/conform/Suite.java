// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.conform;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.initiator.AoeClient;
import etherbay.initiator.DiskAddress;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Runs every rule against one target, one after the other, on the calling thread, which is the
 * client's. What rules change is put back, whatever happens, unless the process is killed.
 */
public final class Suite {
    /**
     * How to run.
     *
     * @param write run the rules that change something, too, but for the mask list
     * @param masks run those that change the mask list, too
     * @param force even if the disk seems to be in use
     * @param seed of the data that is written
     * @param stop asked between rules; when it holds the rest is not run
     * @param say takes a line for a person: what is kept, before anything changes
     * @param found takes each finding when it is made
     */
    public record Options(
            boolean write,
            boolean masks,
            boolean force,
            long seed,
            BooleanSupplier stop,
            Consumer<String> say,
            Consumer<Finding> found) {}

    private final AoeClient client;
    private final Options options;
    private final Subject subject;
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notRestored = new ArrayList<>();
    private boolean interrupted;
    private boolean gone;

    private Suite(AoeClient client, DiskAddress disk, Options options) {
        this.client = client;
        this.options = options;
        subject = Subject.find(client, disk);
    }

    /** All rules, in the order in which they run: those that may shut us out are last. */
    public static List<Rule> rules() {
        return Stream.of(
                        ConfigRules.rules(),
                        HeaderRules.rules(),
                        IdentifyRules.rules(),
                        AtaRules.rules(),
                        ReadRules.rules(),
                        WriteRules.rules(),
                        VendorRules.rules(),
                        ReserveRules.rules(),
                        MaskRules.rules())
                .flatMap(List::stream)
                .toList();
    }

    /**
     * Runs the suite.
     *
     * @throws EtherbayException UNAVAILABLE when nobody answers for the disk; CONFLICT when it is
     *     to be written to and seems to be in use
     */
    public static Report run(AoeClient client, DiskAddress disk, Options options) {
        Suite suite = new Suite(client, disk, options);
        client.addSource(suite.subject.stranger());
        try {
            suite.run();
        } finally {
            client.removeSource(suite.subject.stranger());
        }
        return new Report(
                suite.subject,
                List.copyOf(suite.findings),
                List.copyOf(suite.notRestored),
                suite.interrupted);
    }

    private void run() {
        if (!options.write() && !options.masks()) {
            rules().forEach(this::runIfAllowed);
            return;
        }
        SavedState saved = SavedState.of(client, subject);
        refuseWhenInUse(saved);
        saved.lines().forEach(line -> options.say().accept("kept: " + line));
        try {
            rules().forEach(rule -> runRestoring(rule, saved));
        } finally {
            if (!gone) {
                notRestored.addAll(saved.restoreState());
                notRestored.addAll(saved.restoreSectors());
            }
        }
    }

    private void runIfAllowed(Rule rule) {
        boolean allowed = switch (rule.touches()) {
            case NOTHING -> true;
            case STATE, DATA -> options.write();
            case MASKS -> options.masks();
        };
        if (allowed) {
            judge(rule);
        } else {
            notRun(
                    rule,
                    rule.touches() == Touches.MASKS
                            ? "it edits the mask list: --masks"
                            : "it changes the target: --write");
        }
    }

    private void refuseWhenInUse(SavedState saved) {
        List<String> signs = new ArrayList<>(saved.claims());
        signs.addAll(UseSigns.of(client, subject));
        if (options.force() || signs.isEmpty()) {
            return;
        }
        throw new EtherbayException(
                ErrorCode.CONFLICT,
                subject.station().disk() + " seems to be in use",
                String.join("; ", signs),
                "leave --write and --masks out; or stop its users and say --force");
    }

    private void runRestoring(Rule rule, SavedState saved) {
        if (rule.touches() == Touches.DATA && !saved.writable()) {
            found(
                    rule,
                    Outcome.NOT_APPLICABLE,
                    "the target takes no writes of ours, or is too small");
            return;
        }
        runIfAllowed(rule);
        if (rule.touches() != Touches.NOTHING && !gone) {
            List<String> lost = saved.restoreState();
            if (!saved.answers()) {
                gone = true;
                notRestored.addAll(lost);
            }
        }
    }

    private void judge(Rule rule) {
        if (gone) {
            notRun(rule, "the target does not answer any more");
            return;
        }
        if (interrupted || options.stop().getAsBoolean()) {
            interrupted = true;
            notRun(rule, "interrupted");
            return;
        }
        Trial trial =
                new Trial(client, subject, new Prng(options.seed() ^ rule.id().hashCode()));
        try {
            rule.probe().run(trial);
            Optional<String> property = trial.reported();
            found(
                    rule,
                    property.isPresent() ? Outcome.REPORTED : Outcome.PASSED,
                    property.orElse(""));
        } catch (Verdict ended) {
            List<String> sent = ended.outcome() == Outcome.FAILED ? trial.sent() : List.of();
            found(new Finding(rule, ended.outcome(), sent, ended.expected(), ended.got()));
        }
    }

    private void notRun(Rule rule, String why) {
        found(rule, Outcome.NOT_RUN, why);
    }

    private void found(Rule rule, Outcome outcome, String got) {
        found(new Finding(rule, outcome, List.of(), "", got));
    }

    private void found(Finding finding) {
        findings.add(finding);
        options.found().accept(finding);
    }
}
