// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import com.sun.management.ThreadMXBean;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Bytes that the platform threads of this process allocate, without those that were there at the
 * start. A thread that ends, as a carrier of virtual threads does after 30 idle seconds, takes its
 * count along: what was last seen of it goes on to count. One that begins and ends between two
 * looks is not seen.
 */
final class AllocatedBytes {
    private final ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final Set<Thread> others;
    private final Map<Thread, Long> seen = new HashMap<>();

    private AllocatedBytes(Set<Thread> others) {
        this.others = others;
    }

    static AllocatedBytes ofThreadsFromNow() {
        return new AllocatedBytes(Thread.getAllStackTraces().keySet());
    }

    /** @return bytes since the start, never less than before */
    long now() {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (!others.contains(thread)) {
                // -1 of a thread that has ended by now
                seen.merge(thread, bean.getThreadAllocatedBytes(thread.threadId()), Math::max);
            }
        }
        return seen.values().stream().mapToLong(bytes -> Math.max(0, bytes)).sum();
    }
}
