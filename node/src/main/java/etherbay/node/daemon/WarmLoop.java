// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.admin.NodeReport;
import etherbay.admin.Watch;

import org.jspecify.annotations.Nullable;

/**
 * Sees when the loop of a node is warm: what it runs has been compiled, because it has run often.
 * What is compiled after that is what reloads, looks and answers run, and its compilation must take
 * no core from the loop. On the thread that looks.
 */
final class WarmLoop implements Watch.Watcher {
    /**
     * After some 60,000 requests of a kind C2 has done with what a loop runs for them
     * (docs/benchmarks.md); this is well above all kinds together.
     */
    static final long REQUEST_COUNT = 500_000;

    private final Runnable whenWarm;
    private boolean warm;

    /**
     * @param whenWarm is run once, when that is so
     */
    WarmLoop(Runnable whenWarm) {
        this.whenWarm = whenWarm;
    }

    @Override
    public void seen(@Nullable NodeReport before, NodeReport now) {
        if (!warm && requestCount(now) >= REQUEST_COUNT) {
            warm = true;
            whenWarm.run();
        }
    }

    private static long requestCount(NodeReport report) {
        return report.exports().stream()
                .mapToLong(export -> export.traffic().reads() + export.traffic().writes())
                .sum();
    }
}
