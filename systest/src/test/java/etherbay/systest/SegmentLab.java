// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Segments of our own switch and a target on them, as processes. Needs no root. */
final class SegmentLab {
    private static final Duration START_TIMEOUT = Duration.ofMinutes(2);

    private SegmentLab() {}

    /** {@code etherbay segment run}; it forwards when this returns. */
    static Daemon segment(Path socket, String... options) {
        List<String> words =
                new ArrayList<>(List.of(launcher(), "segment", "run", "unix:" + socket));
        words.addAll(List.of(options));
        // Not the socket's file: a segment that was killed leaves one behind.
        return Daemon.start(words).awaitLog("segment unix:" + socket + " listens", START_TIMEOUT);
    }

    /**
     * {@code etherbay export} of e1.0; it answers when this returns.
     *
     * @param interfaces each {@code unix:PATH}, with commas between
     */
    static Daemon export(String interfaces, Path state, Path image) {
        return Daemon.start(List.of(
                        launcher(),
                        "export",
                        "--state",
                        state.toString(),
                        "1",
                        "0",
                        interfaces,
                        image.toString()))
                .awaitLog("e1.0: serving", START_TIMEOUT);
    }

    private static String launcher() {
        return AoeServer.Repository.root().resolve("etherbay").toString();
    }
}
