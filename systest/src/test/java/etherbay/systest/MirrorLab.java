// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import io.avaje.jsonb.Jsonb;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A segment, targets on it that serve a file each as e0.0, e1.0 and so on, and the mirror {@value
 * #NAME} of them, with our program as processes. Needs no root. One thread.
 */
final class MirrorLab implements AutoCloseable {
    static final String NAME = "web";

    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
    private static final Duration VERB_TIMEOUT = Duration.ofMinutes(2);

    private final Path folder;
    private final Path segment;
    private final Daemon switchboard;
    private final List<Path> images = new ArrayList<>();
    private final Map<Integer, Daemon> targets = new TreeMap<>();

    /** With so many targets, whose disks hold zeroes. */
    MirrorLab(Path folder, int targetCount, long diskBytes) throws IOException {
        this.folder = folder;
        segment = folder.resolve("segment");
        switchboard = SegmentLab.segment(segment, "--mtu", "9000");
        for (int shelf = 0; shelf < targetCount; shelf++) {
            images.add(MirrorLegs.empty(folder.resolve("disk" + shelf), diskBytes));
            startTarget(shelf);
        }
    }

    // Targets.

    static String launcher() {
        return AoeServer.Repository.root().resolve("etherbay").toString();
    }

    static String leg(int shelf) {
        return "e" + shelf + ".0";
    }

    Path image(int shelf) {
        return images.get(shelf);
    }

    List<Path> images() {
        return List.copyOf(images);
    }

    /** One more, with a disk of zeroes there. */
    void addTarget(Path image, long diskBytes) throws IOException {
        images.add(MirrorLegs.empty(image, diskBytes));
        startTarget(images.size() - 1);
    }

    /** Where it is all connected. */
    Path segment() {
        return segment;
    }

    /** It answers when this returns. */
    void startTarget(int shelf) {
        startTarget(shelf, image(shelf).toString());
    }

    /** The same, serving another disk than its own, or its own decorated. */
    void startTarget(int shelf, String path) {
        targets.put(
                shelf,
                Daemon.start(List.of(
                                launcher(),
                                "export",
                                "--state",
                                folder.resolve("target" + shelf).toString(),
                                "" + shelf,
                                "0",
                                "unix:" + segment,
                                path))
                        .awaitLog(leg(shelf) + ": serving", START_TIMEOUT));
    }

    Daemon target(int shelf) {
        return targets.get(shelf);
    }

    /** SIGKILL. */
    void killTarget(int shelf) {
        target(shelf).close();
    }

    /** SIGSTOP to all of them, or SIGCONT. */
    void signalTargets(String signal) {
        targets.values()
                .forEach(target -> Tool.check(List.of("kill", "-" + signal, "" + target.pid())));
    }

    // The mirror.

    /** With options that say where: on the segment, and where its process is found. */
    List<String> command(String state, String... words) {
        List<String> command = new ArrayList<>(List.of(launcher()));
        command.addAll(List.of(words));
        command.addAll(List.of(
                "--if", "unix:" + segment, "--state", folder.resolve(state).toString()));
        return command;
    }

    /** {@code etherbay mirror VERB ...} to its end. */
    Tool.Outcome run(String... words) {
        List<String> all = new ArrayList<>(List.of("mirror"));
        all.addAll(List.of(words));
        return Tool.run(command("state", all.toArray(String[]::new)), VERB_TIMEOUT);
    }

    /** The same; it must end with 0. @return what it printed */
    String check(String... words) {
        Tool.Outcome outcome = run(words);
        assertThat(outcome.exitCode())
                .as(String.join(" ", words) + "\n" + outcome.text())
                .isZero();
        return outcome.text();
    }

    /** Of the legs 0 and 1, which are the same already. */
    void create() {
        check("create", NAME, leg(0), leg(1), "--assume-clean");
    }

    /** How it stands. */
    @SuppressWarnings("unchecked") // an object has fields by their names
    Map<String, Object> detail() {
        String text = check("detail", NAME, "--json");
        String json = text.substring(text.indexOf('{')); // what is told comes before
        return (Map<String, Object>) Jsonb.builder().build().type(Object.class).fromJson(json);
    }

    static long number(Map<String, Object> fields, String name) {
        return ((Number) fields.get(name)).longValue();
    }

    /** The legs in slots, by their names: how each stands. */
    @SuppressWarnings("unchecked") // legs are a list of objects
    static Map<String, String> standings(Map<String, Object> detail) {
        Map<String, String> standings = new TreeMap<>();
        for (Map<String, Object> leg : (List<Map<String, Object>>) detail.get("legs")) {
            standings.put((String) leg.get("name"), (String) leg.get("state"));
        }
        return standings;
    }

    /** Waits until all of them are in sync. @return how it stands then */
    Map<String, Object> awaitInSync(int legCount, Duration timeout) {
        List<Map<String, Object>> last = new ArrayList<>();
        Tool.await(legCount + " legs in sync", timeout, () -> {
            last.clear();
            last.add(detail());
            Map<String, String> standings = standings(last.getFirst());
            return standings.size() == legCount
                    && standings.values().stream().allMatch("in sync"::equals);
        });
        return last.getFirst();
    }

    Path socket() {
        return folder.resolve("nbd");
    }

    /** {@code etherbay attach}; it serves when this returns. */
    Daemon attach(String... options) {
        return awaitServed(Daemon.start(attachCommand("state", socket(), options)));
    }

    List<String> attachCommand(String state, Path socket, String... options) {
        List<String> words = new ArrayList<>(List.of("attach", NAME, "--nbd", "unix:" + socket));
        words.addAll(List.of(options));
        return command(state, words.toArray(String[]::new));
    }

    static Daemon awaitServed(Daemon attached) {
        return attached.awaitLog("nbd serves ", START_TIMEOUT);
    }

    @Override
    public void close() {
        targets.values().forEach(Daemon::close);
        switchboard.close();
    }
}
