// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * A long operation.
 *
 * @param id {@code t17}
 * @param kind {@code mirror-resync}, {@code mirror-check}, ...
 * @param object what it works on: {@code mirror vm1}
 * @param state "running", "waiting", "done", "failed", "cancelled"
 * @param total of {@code unit}s; zero while it is unknown
 * @param etaSeconds negative while it is unknown
 * @param actor who began it
 * @param log its last lines
 * @param trouble why it failed, or null
 */
public record Task(
        String id,
        String kind,
        String object,
        String state,
        long done,
        long total,
        String unit,
        long etaSeconds,
        long startedMs,
        long endedMs,
        String actor,
        boolean cancellable,
        List<String> log,
        NodeReport.@Nullable Trouble trouble) {
    public Task {
        log = List.copyOf(log);
    }
}
