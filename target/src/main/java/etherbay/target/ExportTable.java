// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * The exports of one port by address: an open hash table, at most half full, so that a lookup is
 * one or two probes and allocates nothing. Rebuilt when an export comes or goes. Owned by the loop.
 */
final class ExportTable {
    private static final int GOLDEN_32 = 0x9e37_79b9;

    private final List<Export> exports = new ArrayList<>();
    private @Nullable Export[] slots = new Export[2];

    /** The export at that address; null when there is none here. */
    @Nullable
    Export find(int shelf, int slot) {
        int index = first(shelf, slot);
        Export export = slots[index];
        while (export != null
                && (export.settings().shelf() != shelf || export.settings().slot() != slot)) {
            index = index + 1 & slots.length - 1;
            export = slots[index];
        }
        return export;
    }

    private int first(int shelf, int slot) {
        int shift = Integer.numberOfLeadingZeros(slots.length) + 1;
        return ((shelf << 8 | slot) * GOLDEN_32) >>> shift;
    }

    /** All, in the order of adding. */
    List<Export> all() {
        return exports;
    }

    void add(Export export) {
        exports.add(export);
        rebuild();
    }

    /** Puts {@code after} in the place of {@code before}; whether that was there. */
    boolean replace(Export before, Export after) {
        int index = exports.indexOf(before);
        if (index >= 0) {
            exports.set(index, after);
            rebuild();
        }
        return index >= 0;
    }

    /** Whether it was there. */
    boolean remove(Export export) {
        boolean removed = exports.remove(export);
        rebuild();
        return removed;
    }

    private void rebuild() {
        slots = new Export[Integer.highestOneBit(Math.max(1, exports.size())) * 4];
        for (Export export : exports) {
            int index = first(export.settings().shelf(), export.settings().slot());
            while (slots[index] != null) {
                index = index + 1 & slots.length - 1;
            }
            slots[index] = export;
        }
    }
}
