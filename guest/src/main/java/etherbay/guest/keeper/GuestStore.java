// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.keeper;

import java.util.List;

/** The records of a node, durable. Any thread; one at a time for a guest. */
public interface GuestStore {
    /** All that stand there. */
    List<GuestRecord> load();

    /** Durable when it returns; after a crash, the former or this one. */
    void save(GuestRecord record);

    /** Forgets a guest; durable when it returns. */
    void delete(String guest);
}
