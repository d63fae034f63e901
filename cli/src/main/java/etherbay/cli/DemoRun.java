// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * What the demo does, from top to bottom: four nodes, a guest on a mirror of two of them, whose
 * writer is asked after each step what it saw. Each step judges what it sees and throws when it is
 * not right. One thread.
 */
final class DemoRun {
    static final int STEP_COUNT = 11;

    /** For LVM's own, before and behind the volume. */
    private static final long VOLUME_ROOM_BYTES = 16L << 20;

    private static final Duration VERB_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration PEERS_TIMEOUT = Duration.ofSeconds(60);
    private static final int FIRST_RECORDS = 20;

    private final DemoLab lab;
    private final DemoGuest guest;
    private final DemoReport report;
    private final DemoTrials trials;

    DemoRun(DemoLab lab, DemoGuest guest, DemoReport report) {
        this.lab = lab;
        this.guest = guest;
        this.report = report;
        trials = new DemoTrials(lab, guest.bootTimeout());
    }

    /**
     * Makes all steps, the last of which stops the guest.
     *
     * @throws EtherbayException for the first step that is not right
     */
    void all() {
        report.step("guest", "what a guest is made of", () -> guest.prepare(lab, report::say));
        report.step(
                "network",
                "one Ethernet for four nodes",
                () -> lab.makeNetwork().seen());
        report.step("volumes", "a volume on each of node1 and node2", this::makeVolumes);
        report.step("nodes", "four daemons that know each other", this::startNodes);
        report.step("mirror", "a guest on a mirror of both volumes", this::createGuest);
        report.step("boot", "it starts on node3 and writes", this::boot);
        report.step("migrate", "node3 to node4 while it runs", () -> trials.migrate(3, 4));
        report.step("back", "node4 to node3 while it runs", () -> trials.migrate(4, 3));
        report.step("storage", "kill -9 node1, and it comes back", trials::loseStorage);
        report.step("host", "kill -9 node3: recovered on node4", trials::loseHost);
        report.step("compare", "node3 lets go; both legs are the same", trials::compare);
    }

    /** Of a storage node: what its volume lies on. */
    static Path image(DemoNode node) {
        return node.folder().resolve("disk.img");
    }

    private static String group(DemoNode node) {
        return "demo-" + node.name();
    }

    private static String volume(DemoNode node) {
        return group(node) + "/" + DemoLab.GUEST;
    }

    private DemoSeen makeVolumes() {
        List<DemoNode> storage = lab.makeNodes().subList(0, 2);
        for (DemoNode node : storage) {
            DemoLab.makeSparse(image(node), guest.diskBytes() + VOLUME_ROOM_BYTES);
        }
        String size = guest.diskBytes() / 1024 + "K";
        onAll(storage, node -> List.of("vg", "create", group(node), "" + image(node)));
        onAll(
                storage,
                node -> DemoVerbs.words(
                        List.of("lv", "create", volume(node), "--size", size),
                        List.of("--device", "" + image(node))));
        return DemoSeen.of("%d MiB each, in a group that LVM2 reads as well"
                        .formatted(guest.diskBytes() >> 20))
                .with("diskBytes", guest.diskBytes());
    }

    /** In processes of their own, whose locks lie in the folder of the node. */
    private static void onAll(List<DemoNode> nodes, Function<DemoNode, List<String>> verb) {
        List<DemoChild> children = nodes.stream()
                .map(node -> {
                    List<String> words = verb.apply(node);
                    String name = "etherbay " + words.get(0) + " " + words.get(1);
                    return DemoChild.start(name, node.log(), List.of(), words);
                })
                .toList();
        children.forEach(child -> child.awaitEnd(VERB_TIMEOUT));
    }

    private DemoSeen startNodes() {
        List<DemoNode> nodes = List.of(lab.node(1), lab.node(2), lab.node(3), lab.node(4));
        for (DemoNode node : nodes) {
            boolean hasDisk = node.number() <= 2;
            node.configure(
                    nodes,
                    hasDisk ? "devices = [\"%s\"]%n".formatted(image(node)) : "",
                    hasDisk ? export(node) : "");
            node.start();
        }
        nodes.forEach(DemoNode::await);
        DemoLab.until("the nodes answer each other", PEERS_TIMEOUT, () -> allUp(lab.node(3)));
        return DemoSeen.of("node1 exports e0.0 and node2 e1.0, durable before acknowledged;"
                        + " node3 and node4 run guests")
                .with("nodeCount", nodes.size());
    }

    private String export(DemoNode node) {
        return """
                [[export]]
                shelf = %d
                slot = 0
                path = "%s"
                interfaces = ["%s"]
                write-cache = "off"
                """.formatted(node.number() - 1, volume(node), lab.network().interfaceName());
    }

    private static boolean allUp(DemoNode node) {
        try {
            node.run("node", "list", "--now");
            return true;
        } catch (EtherbayException notAll) {
            if (Thread.currentThread().isInterrupted()) {
                throw notAll;
            }
            return false;
        }
    }

    private DemoSeen createGuest() {
        List<String> words = DemoVerbs.words(
                List.of("guest", "create", DemoLab.GUEST, "--legs", "e0.0,e1.0"),
                List.of("--if", lab.network().interfaceName(), "--assume-clean"),
                guest.options(lab));
        lab.node(3).run(report::say, words.toArray(String[]::new));
        return DemoSeen.of("guest %s, legs e0.0 and e1.0".formatted(DemoLab.GUEST));
    }

    private DemoSeen boot() {
        DemoNode host = lab.node(3);
        DemoConsole console = lab.console();
        host.run("guest", "start", DemoLab.GUEST);
        lab.booted();
        guest.begin(lab, host, report::say);
        lab.awaitRecords(FIRST_RECORDS, guest.bootTimeout());
        DemoGap usual = DemoGap.of(console.written());
        return DemoSeen.of(String.format(
                        Locale.ROOT,
                        "%d records of 4 KiB, durable, numbered, read back",
                        console.written().size()))
                .with(DemoSeen.GUEST_GAP_MS, usual.guestMs())
                .with(DemoSeen.OUTSIDE_GAP_MS, usual.outsideMs())
                .with(DemoSeen.ERROR_COUNT, 0);
    }

    /** @throws EtherbayException when the guest has seen an error */
    static void requireNoErrors(DemoConsole console) {
        if (!console.errors().isEmpty()) {
            throw wrong("the guest saw an error", String.join("; ", console.errors()));
        }
    }

    /** An error for what should not be: a bug, and a person can only look closer. */
    static EtherbayException wrong(String message, String why) {
        return new EtherbayException(
                ErrorCode.INTERNAL,
                message,
                EtherbayException.shown(why),
                "please report it with the logs above; `etherbay demo --keep` leaves all running");
    }
}
