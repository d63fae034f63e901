// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.Check;

import org.jspecify.annotations.Nullable;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How fast a mirror copied, from what it says as it does. Of one just made: {@code copying 64 MiB
 * where legs may differ}, then {@code the legs in sync are the same again}.
 */
final class CopyWatch {
    private static final Pattern BEGIN =
            Pattern.compile("copying (\\d+) MiB where legs may differ");
    private static final String END = "the legs in sync are the same again";

    private long mib;
    private @Nullable Long beganNs;
    private @Nullable Long endedNs;

    /** Notes a line, in which another text may stand too; only the first copy counts. */
    void heard(String line, long nowNs) {
        Matcher begin = BEGIN.matcher(line);
        if (beganNs == null && begin.find()) {
            beganNs = nowNs;
            mib = Long.parseLong(begin.group(1));
        } else if (beganNs != null && endedNs == null && line.contains(END)) {
            endedNs = nowNs;
        }
    }

    boolean isOver() {
        return endedNs != null;
    }

    double mibPerSecond() {
        Long from = beganNs;
        Long to = endedNs;
        Check.that(from != null && to != null, "a copy is timed when it is over");
        return mib / ((to - from) / 1e9);
    }
}
