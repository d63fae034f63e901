// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.target.ExportSettings;

/** Where an export is found on a segment. */
record Address(int shelf, int slot) {
    static Address of(ExportSettings settings) {
        return new Address(settings.shelf(), settings.slot());
    }

    @Override
    public String toString() {
        return "e" + shelf + "." + slot;
    }
}
