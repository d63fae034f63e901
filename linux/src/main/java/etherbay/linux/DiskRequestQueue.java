// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Check;

import org.jspecify.annotations.Nullable;

/**
 * First in, first out, through a link in the {@link DiskRequest} itself: no memory, and bounded by
 * the requests that exist. A request is in one queue at a time. Used by one thread, or under a
 * lock.
 */
final class DiskRequestQueue {
    private @Nullable DiskRequest head;
    private @Nullable DiskRequest tail;

    boolean isEmpty() {
        return head == null;
    }

    void add(DiskRequest request) {
        Check.that(!request.queued, "a request is in one queue at a time");
        request.queued = true;
        if (tail == null) {
            head = request;
        } else {
            tail.next = request;
        }
        tail = request;
    }

    /** The oldest, which stays queued; null when empty. */
    @Nullable
    DiskRequest peek() {
        return head;
    }

    /** Takes the oldest; null when empty. */
    @Nullable
    DiskRequest poll() {
        DiskRequest request = head;
        if (request != null) {
            remove(null, request);
        }
        return request;
    }

    /** Takes the oldest that is {@code disk}'s; null when there is none. */
    @Nullable
    DiskRequest pollOf(DiskSteps disk) {
        DiskRequest before = null;
        for (DiskRequest request = head; request != null; request = request.next) {
            if (request.disk() == disk) {
                remove(before, request);
                return request;
            }
            before = request;
        }
        return null;
    }

    private void remove(@Nullable DiskRequest before, DiskRequest request) {
        if (before == null) {
            head = request.next;
        } else {
            before.next = request.next;
        }
        if (tail == request) {
            tail = before;
        }
        request.next = null;
        request.queued = false;
    }
}
