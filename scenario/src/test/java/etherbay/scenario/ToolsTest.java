// SPDX-License-Identifier: Apache-2.0
package etherbay.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;
import etherbay.base.Frame;
import etherbay.base.MacAddress;
import etherbay.initiator.Durability;
import etherbay.initiator.tools.CheckedPath;
import etherbay.initiator.tools.Checkup;
import etherbay.initiator.tools.Complaint;
import etherbay.initiator.tools.ConfigString;
import etherbay.initiator.tools.ConfigString.Comparison;
import etherbay.initiator.tools.FoundPath;
import etherbay.initiator.tools.IdentityBlock;
import etherbay.initiator.tools.LocalPort;
import etherbay.initiator.tools.MaskList;
import etherbay.initiator.tools.PathProbe;
import etherbay.initiator.tools.Reservation;
import etherbay.scenario.ConformRig.Setup;
import etherbay.target.ExportSettings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** What the tools ask, against the shipped target in one process. */
class ToolsTest {
    private static final MacAddress OTHER = new MacAddress(0x0200_0000_0c01L);

    private static FoundPath path(ConformRig rig) {
        return new LocalPort("sim", rig.client(), 16 << 20).require(ConformRig.DISK);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @ParameterizedTest
    @CsvSource({"1500, 2", "4200, 8", "9000, 17"})
    void allThatTheMtuCarriesPassesBothWaysAndNothingIsWrong(int mtu, int sectors) {
        WriteWatch watch = new WriteWatch();
        try (ConformRig rig = new ConformRig(Setup.PLAIN.withMtu(mtu).withDisk(watch::over))) {
            List<CheckedPath> checked = CheckedPath.measure(List.of(path(rig)));
            assertThat(checked).singleElement().satisfies(path -> {
                assertThat(path.probe().outSectors()).isEqualTo(sectors);
                assertThat(path.probe().inSectors()).isEqualTo(sectors);
                assertThat(path.probe().lostCount()).isZero();
                assertThat(path.probe().burstCount())
                        .isEqualTo(path.found().config().bufferCount());
                assertThat(path.probe().burstLostCount()).isZero();
            });
            assertThat(Checkup.of(checked)).isEmpty();
            assertThat(watch.changes()).as("probing writes nothing").isZero();
        }
    }

    /** Loses each tenth request. */
    private static final class Lossy implements TamperedPort.Tamper {
        private int count;

        @Override
        public int request(MemorySegment original, Frame frame) {
            return ++count % 10 == 0 ? 0 : 1;
        }
    }

    @Test
    void aWireThatLosesFramesIsCalledOne() {
        Setup setup = Setup.PLAIN.withWire(port -> new TamperedPort(port, new Lossy()));
        try (ConformRig rig = new ConformRig(setup)) {
            List<CheckedPath> checked = CheckedPath.measure(List.of(path(rig)));
            assertThat(checked.getFirst().probe().outSectors()).isEqualTo(17);
            assertThat(Checkup.of(checked))
                    .extracting(Complaint::kind)
                    .contains(Complaint.Kind.LOSS)
                    .doesNotContain(Complaint.Kind.NARROW);
        }
    }

    @Test
    void aReservedDiskIsMeasuredOneWayAndSaysWhy() {
        try (ConformRig rig = new ConformRig(Setup.PLAIN)) {
            FoundPath path = path(rig);
            assertThat(Reservation.force(path, List.of(OTHER))).containsExactly(OTHER);
            assertThatThrownBy(() -> Reservation.set(path, List.of(ConformRig.CLIENT)))
                    .isInstanceOf(EtherbayException.class)
                    .extracting(error -> ((EtherbayException) error).why())
                    .isEqualTo("it is held by " + OTHER);
            PathProbe.Result result = new PathProbe(path, ConformRig.SECTORS).run();
            assertThat(result.outSectors()).isEqualTo(17);
            assertThat(result.inRefusal()).isEqualTo("it is reserved by others");
            assertThat(Reservation.force(path, List.of())).isEmpty();
            assertThat(Reservation.read(path)).isEmpty();
        }
    }

    @Test
    void theConfigStringIsComparedSetAndForced() {
        try (ConformRig rig = new ConformRig(Setup.PLAIN)) {
            FoundPath path = path(rig);
            assertThat(ConfigString.compare(path, Comparison.WHOLE, bytes("host:node9")))
                    .isPresent();
            assertThat(ConfigString.compare(path, Comparison.PREFIX, bytes("host:")))
                    .isPresent();
            assertThat(ConfigString.compare(path, Comparison.WHOLE, bytes("host:")))
                    .isEmpty();
            assertThatThrownBy(() -> ConfigString.set(path, bytes("mine")))
                    .isInstanceOf(EtherbayException.class)
                    .extracting(error -> ((EtherbayException) error).why())
                    .isEqualTo("it is: host:node9");
            assertThat(ConfigString.force(path, new byte[0])).isEmpty();
            assertThat(ConfigString.set(path, bytes("mine"))).isEqualTo(bytes("mine"));
            assertThat(rig.export.state().config()).isEqualTo("mine");
        }
    }

    @Test
    void theMaskListGrowsToItsLimitAndSaysWhoDidNotFit() {
        try (ConformRig rig = new ConformRig(Setup.PLAIN)) {
            FoundPath path = path(rig);
            List<MacAddress> macs = new ArrayList<>(
                    LongStream.rangeClosed(1, 254).mapToObj(MacAddress::new).toList());
            macs.add(ConformRig.CLIENT);
            assertThat(MaskList.edit(path, true, macs).listed())
                    .hasSameElementsAs(macs)
                    .startsWith(ConformRig.CLIENT);
            assertThatThrownBy(() -> MaskList.edit(path, true, List.of(OTHER)))
                    .isInstanceOf(EtherbayException.class)
                    .hasMessageContaining("is full")
                    .extracting(error -> ((EtherbayException) error).why())
                    .asString()
                    .contains(OTHER.toString());
            assertThat(MaskList.edit(path, false, macs).listed()).isEmpty();
            assertThat(rig.export.state().masks()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"true, FLUSH", "false, WRITE_THROUGH"})
    void whatAWriteIsWorthFollowsTheWriteCache(boolean cacheOn, Durability expected) {
        Setup setup = Setup.PLAIN.withSettings(
                (ExportSettings settings) -> settings.withWriteCache(cacheOn));
        try (ConformRig rig = new ConformRig(setup)) {
            IdentityBlock block = IdentityBlock.require(path(rig));
            assertThat(Durability.of(block.data())).isEqualTo(expected);
            assertThat(block.data().serial()).isEqualTo(rig.export.state().serial());
        }
    }
}
