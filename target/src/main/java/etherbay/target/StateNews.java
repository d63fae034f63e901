// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.base.MacAddress;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a person is told when the state of an export changes. */
final class StateNews {
    private StateNews() {}

    /**
     * The differences, in words; empty when only floors differ, which initiators set all the time.
     */
    static String of(ExportState before, ExportState after) {
        List<String> news = new ArrayList<>();
        if (!before.config().equals(after.config())) {
            news.add("config string of " + after.config().length() + " bytes");
        }
        if (!before.masks().equals(after.masks())) {
            news.add("mask list " + listed(after.masks(), "open to all"));
        }
        if (!before.reservations().equals(after.reservations())) {
            news.add("reserved by " + listed(after.reservations(), "nobody"));
        }
        if (!before.epoch().equals(after.epoch())) {
            news.add("epoch " + after.epoch() + " owned by " + listed(after.owners(), "nobody"));
        }
        if (before.incarnation() != after.incarnation()) {
            news.add("incarnation " + Long.toHexString(after.incarnation()));
        }
        if (before.syncFailed() != after.syncFailed()) {
            news.add(after.syncFailed() ? "a sync failed" : "trusted again");
        }
        return String.join(", ", news);
    }

    private static String listed(List<MacAddress> macs, String whenEmpty) {
        return macs.isEmpty()
                ? whenEmpty
                : macs.stream().map(MacAddress::toString).collect(Collectors.joining(" "));
    }
}
