// SPDX-License-Identifier: Apache-2.0
package etherbay.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

class TraceDeviceTest {
    private final HandClock clock = new HandClock();
    private final TestDisk disk = new TestDisk(64, 512);
    private final List<String> shown = new ArrayList<>();
    private final TraceDevice device = new TraceDevice(
            disk,
            clock,
            (io, submittedNs) -> shown.add(io.operation() + " " + io.lba() + " " + io.status()
                    + " after " + (clock.nowNs - submittedNs)));

    @Test
    void everyRequestIsShownWithItsTimeBeforeItsCallerHearsOfIt() {
        device.submit(new Io(1)
                .prepare(IoOperation.TRIM, 5, 1)
                .then(io -> shown.add("caller " + io.status())));
        clock.nowNs += 1234;
        disk.finish(IoStatus.UNKNOWN);
        assertThat(shown).containsExactly("TRIM 5 UNKNOWN after 1234", "caller UNKNOWN");
    }

    @Test
    void refusalsAreShownToo() {
        device.submit(new Io(1).prepare(IoOperation.TRIM, 64, 1).then(_ -> {}));
        assertThat(shown).containsExactly("TRIM 64 RANGE after 0");
        assertThat(device.capabilities()).isEqualTo(disk.capabilities());
    }
}
