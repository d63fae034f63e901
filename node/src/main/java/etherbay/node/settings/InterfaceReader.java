// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import etherbay.aoe.Payload;
import etherbay.base.EtherbayException;
import etherbay.base.PortAddress;
import etherbay.node.InterfaceSettings;

import org.jspecify.annotations.Nullable;
import org.tomlj.TomlPosition;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the tables {@code [interface.NAME]}, in the order of the file. */
final class InterfaceReader {
    /** Below this a frame carries no sector. */
    static final long MTU_MIN = Payload.frameBytes(1);

    static final long MTU_MAX = 65_535;

    private static final String AUTO = "auto";
    private static final long MTU_EXAMPLE = 9000;

    private InterfaceReader() {}

    static List<InterfaceSettings> read(TableReader all, Problems problems) {
        List<InterfaceSettings> read = new ArrayList<>();
        for (String pattern : all.keys()) {
            String called = "[interface." + pattern + "]";
            checkPattern(pattern, all.at(pattern), problems);
            all.table(pattern, called, called + " above its keys").ifPresent(table -> {
                table.refuseOthers(Keys.OF_INTERFACE);
                long buffers = table.number(
                                Keys.BUFFERS,
                                1,
                                InterfaceSettings.BUFFER_COUNT_MAX,
                                InterfaceSettings.BUFFER_COUNT_DEFAULT)
                        .orElse((long) InterfaceSettings.BUFFER_COUNT_DEFAULT);
                read.add(new InterfaceSettings(
                        pattern,
                        mtu(table).orElse(0L).intValue(),
                        (int) buffers * InterfaceSettings.BUFFER_BYTES));
            });
        }
        return read;
    }

    private static Optional<Long> mtu(TableReader table) {
        return table.is(Keys.MTU, AUTO)
                ? Optional.empty()
                : table.number(Keys.MTU, MTU_MIN, MTU_MAX, MTU_EXAMPLE, "\"auto\" or ");
    }

    /**
     * Notes what can be no interface; whether a name or glob fits one is for those who open it.
     */
    static void checkPattern(String pattern, @Nullable TomlPosition at, Problems problems) {
        if (pattern.isBlank()) {
            problems.add(
                    at,
                    "an interface has no name",
                    "it is a NIC, a glob over NICs, or a segment",
                    "write \"eth0\", \"eth*\" or \"unix:PATH\"");
        } else if (pattern.startsWith(PortAddress.UNIX_PREFIX)) {
            try {
                PortAddress.parseUnix(pattern);
            } catch (EtherbayException refused) {
                problems.add(at, refused);
            }
        }
    }
}
