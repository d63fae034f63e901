// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.List;

/** What a target says when it stops and means to come back. */
class AwayTest {
    private final Rig rig = new Rig();

    private static String hex(MemorySegment frame) {
        return HexFormat.of().formatHex(frame.toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void allWhoKnowOfTheExportAreToldOnEachPortThatServesIt() {
        rig.target.announceAway(rig.export, 10_000);
        rig.settle();
        List<MemorySegment> sent = rig.port.takeSent();
        assertThat(sent).hasSize(1);
        assertThat(hex(sent.getFirst()))
                .isEqualTo("ffffffffffff" + "020000000001" + "88a2" + "1800" + "0001" + "00f2"
                        + "00000000" + "2710" + "0000" + "00".repeat(32));
        assertThat(rig.otherPort.takeSent()).hasSize(1);
    }

    @Test
    void anExportWithMasksTellsThoseOnTheListAlone() {
        rig.export.change(
                state -> state.withMasks(List.of(Rig.mac("02:00:00:00:00:0a"))), stored -> {});
        rig.settle();
        rig.port.takeSent();
        rig.target.announceAway(rig.export, 5_000);
        rig.settle();
        assertThat(hex(rig.answer().frame())).startsWith("02000000000a" + "020000000001");
    }

    @Test
    void itIsSaidAlsoWhenTheExportStopsAlready() {
        rig.export.stop(() -> {});
        rig.settle();
        rig.target.announceAway(rig.export, 10_000);
        rig.settle();
        assertThat(rig.port.takeSent()).hasSize(1);
    }
}
