// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.Map;

/**
 * The disk of a running guest when its size changes. QEMU asks an NBD server for the size only when
 * it connects ({@code block_resize} says "Cannot grow NBD nodes"): so a second connection is made,
 * put in the place of the first, and the guest told.
 */
final class QemuDisk {
    private static final String NAME_PREFIX = "nbd";

    private final QemuMonitor monitor;

    QemuDisk(QemuMonitor monitor) {
        this.monitor = monitor;
    }

    void resized(long bytes) {
        List<QmpValue> nodes = nodes();
        if (sizeOf(nodes, QemuArguments.DISK_NODE) == bytes) {
            return;
        }
        String former = connection(nodes);
        String fresh = NAME_PREFIX + (Long.parseLong(former.substring(NAME_PREFIX.length())) + 1);
        monitor.execute("blockdev-add", nbd(fresh));
        boolean swapped = false;
        try {
            long served = sizeOf(nodes(), fresh);
            if (served != bytes) {
                throw new EtherbayException(
                        ErrorCode.CONFLICT,
                        "the guest's disk does not get another size",
                        "its server says %d bytes, not %d".formatted(served, bytes),
                        "resize the mirror first");
            }
            monitor.execute(
                    "blockdev-reopen",
                    Map.of(
                            "options",
                            List.of(Map.of(
                                    "driver",
                                    "raw",
                                    "node-name",
                                    QemuArguments.DISK_NODE,
                                    "file",
                                    fresh,
                                    "cache",
                                    Map.of("direct", true),
                                    "discard",
                                    "unmap"))));
            swapped = true;
        } finally {
            if (!swapped) {
                monitor.execute("blockdev-del", Map.of("node-name", fresh));
            }
        }
        monitor.execute("blockdev-del", Map.of("node-name", former));
        monitor.execute(
                "block_resize", Map.of("node-name", QemuArguments.DISK_NODE, "size", bytes));
    }

    private Map<String, Object> nbd(String name) {
        String socket = monitor.folder().disk().toString();
        return Map.of(
                "driver",
                "nbd",
                "node-name",
                name,
                "server",
                Map.of("type", "unix", "path", socket),
                "reconnect-delay",
                QemuArguments.RECONNECT_DELAY_S,
                "cache",
                Map.of("direct", true),
                "discard",
                "unmap");
    }

    private List<QmpValue> nodes() {
        return monitor.execute("query-named-block-nodes", Map.of("flat", true)).list();
    }

    private static String connection(List<QmpValue> nodes) {
        return nodes.stream()
                .map(each -> each.at("node-name").text())
                .filter(each -> each.matches(NAME_PREFIX + "\\d+"))
                .findFirst()
                .orElse(QemuArguments.DISK_CONNECTION);
    }

    private static long sizeOf(List<QmpValue> nodes, String name) {
        return nodes.stream()
                .filter(each -> each.at("node-name").text().equals(name))
                .mapToLong(each -> each.at("image").at("virtual-size").number())
                .findFirst()
                .orElse(0);
    }
}
