// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which requests that came to nothing get a line of their own in the audit log: the first few of
 * each caller in a minute. The others are counted, so that who may only ask cannot push out of the
 * files what was done. Owned by the lock of the {@link AuditLog}.
 */
final class Refusals {
    /** In a minute, of one caller: more than a person's mistakes. */
    static final int LINES_MAX = 10;

    static final long MINUTE_NS = 60_000_000_000L;

    /** Names come from the tokens and the users of a machine; what is more shares one minute. */
    private static final int CALLERS_MAX = 256;

    private static final String OTHERS = "";

    private final Map<String, Minute> minutes = new HashMap<>();

    /** A minute of one caller, which its first refusal begins. */
    private static final class Minute {
        private final long sinceNs;
        private int lineCount;
        private long leftOut;
        private Caller caller;
        private AuditLog.Change last;

        Minute(long sinceNs, Caller caller, AuditLog.Change first) {
            this.sinceNs = sinceNs;
            this.caller = caller;
            last = first;
        }
    }

    /** A line that says how many had none. */
    record Summary(Caller caller, AuditLog.Change change) {}

    /** Whether it gets a line; those of minutes that are over are taken out before. */
    boolean admits(Caller caller, AuditLog.Change change, long nowNs) {
        boolean isKnown = minutes.containsKey(caller.name());
        String name = isKnown || minutes.size() < CALLERS_MAX ? caller.name() : OTHERS;
        Minute minute = minutes.computeIfAbsent(name, key -> new Minute(nowNs, caller, change));
        if (minute.lineCount < LINES_MAX) {
            minute.lineCount++;
            return true;
        }
        minute.leftOut++;
        minute.caller = caller;
        minute.last = change;
        return false;
    }

    /** Forgets the minutes that are over, and says what was left out in them. */
    List<Summary> over(long nowNs) {
        return end(nowNs - MINUTE_NS);
    }

    /** The same of all, for the end of the process. */
    List<Summary> all() {
        return end(Long.MAX_VALUE);
    }

    private List<Summary> end(long beforeNs) {
        List<Summary> summaries = new ArrayList<>();
        minutes.values().removeIf(minute -> {
            boolean isOver = minute.sinceNs <= beforeNs;
            if (isOver && minute.leftOut > 0) {
                summaries.add(summary(minute));
            }
            return isOver;
        });
        return summaries;
    }

    private static Summary summary(Minute minute) {
        AuditLog.Change last = minute.last;
        return new Summary(
                minute.caller,
                new AuditLog.Change(
                        last.verb(),
                        last.object(),
                        "",
                        "",
                        "refused: %d more of the same minute, this the last: %s"
                                .formatted(minute.leftOut, last.result())));
    }
}
