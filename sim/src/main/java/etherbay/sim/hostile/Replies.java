// SPDX-License-Identifier: Apache-2.0
package etherbay.sim.hostile;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * The answers that must still come, in any order. A READ that is open while its sectors are written
 * may hold the old or the new of each: there is no order among requests in flight. What comes is
 * taken off the list; what nobody expects, or differs, is said. One thread; allocates nothing once
 * warm, unless something differs.
 */
public final class Replies {
    private final List<Expected> open = new ArrayList<>();
    private final List<Expected> free = new ArrayList<>();
    private long takenCount;

    Expected add(HostileFrame request, PortFacts port, ExportFacts export) {
        Expected expected = free.isEmpty() ? new Expected() : free.removeLast();
        open.add(expected);
        return expected.begin(request, port, export);
    }

    /** Sectors of that export have just been changed. */
    void changed(ExportModel export, long lba, int count) {
        open.forEach(each -> each.changed(export, lba, count));
    }

    /**
     * A frame came from the target.
     *
     * @return what is wrong with it; null when it was expected
     */
    public @Nullable String take(byte[] reply, int length) {
        if (length < Wire.FRAME_BYTES_MIN) {
            return "an answer of " + length + " bytes";
        }
        int tag = Octets.u32(reply, Wire.TAG);
        String wrong = null;
        for (int i = 0; i < open.size(); i++) {
            Expected expected = open.get(i);
            if (expected.tag() != tag) {
                continue;
            }
            String mismatch = expected.mismatch(reply, length);
            if (mismatch == null) {
                open.set(i, open.getLast());
                open.removeLast();
                free.add(expected);
                takenCount++;
                return null;
            }
            wrong = (wrong == null ? "" : wrong + "; ") + mismatch + " (" + expected + ")";
        }
        return wrong == null ? "an answer that nobody expects, tag %08x".formatted(tag) : wrong;
    }

    /** Answers that have not come. */
    public int openCount() {
        return open.size();
    }

    /** Answers that came. */
    public long takenCount() {
        return takenCount;
    }

    /** Those that have not come, in words. */
    public String missing() {
        return open.toString();
    }
}
