// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The programs that serve a file by AoE with vblade's letters: Debian's vblade, and ours. */
enum AoeServer {
    VBLADE,
    ETHERBAY;

    private static final Duration START_TIMEOUT = Duration.ofMinutes(2); // our launcher may build

    /**
     * Serves {@code file} as shelf.slot on {@code eth0} of {@code node} and waits until it does.
     *
     * @param options vblade's letters, before the positional arguments
     */
    Daemon start(NetLab.Node node, int shelf, int slot, Path file, String... options) {
        List<String> words = new ArrayList<>();
        switch (this) {
            case VBLADE -> words.add(Tool.require("vblade", "vblade").toString());
            case ETHERBAY ->
                words.addAll(List.of(
                        Repository.root().resolve("etherbay").toString(),
                        "export",
                        "--state",
                        file.resolveSibling("state").toString()));
        }
        words.addAll(List.of(options));
        words.addAll(List.of("" + shelf, "" + slot, "eth0", file.toString()));
        Daemon daemon = Daemon.start(node.command(words.toArray(String[]::new)));
        String sign = switch (this) {
            case VBLADE -> "e" + shelf + "." + slot + ",";
            case ETHERBAY -> "e" + shelf + "." + slot + ": serving";
        };
        return daemon.awaitLog(sign, START_TIMEOUT);
    }

    /** Where this source tree begins. */
    static final class Repository {
        private Repository() {}

        static Path root() {
            Path folder = Path.of("").toAbsolutePath();
            while (folder != null && !Files.isExecutable(folder.resolve("etherbay"))) {
                folder = folder.getParent();
            }
            if (folder == null) {
                throw new AssertionError("no ./etherbay in this folder or above");
            }
            return folder;
        }
    }
}
