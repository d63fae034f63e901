// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.IdentifyData;
import etherbay.initiator.tools.Complaint.Kind;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** What is said of which measurements; the measurements are the test's. */
class CheckupTest {
    private static final PathProbe.Result GOOD = new PathProbe.Result(17, 17, "", 200, 0, 16, 0);
    private static final String VBLADE = "Coraid EtherDrive vblade";

    private final FakeWire wire = new FakeWire(9000);
    private final FakeTarget first = wire.target(1, FakeWire.DISK);

    @AfterEach
    void close() {
        wire.close();
    }

    private static CheckedPath checked(
            FoundPath path, IdentifyData identity, PathProbe.Result probe) {
        MemorySegment block = MemorySegment.ofArray(new byte[IdentifyData.BYTES]);
        identity.write(block, 0);
        return new CheckedPath(path, Optional.of(new IdentityBlock(block)), probe);
    }

    private List<Complaint> single(PathProbe.Result probe) {
        return Checkup.of(List.of(checked(wire.path(), first.identity, probe)));
    }

    /** Two targets for one disk, each with what it says of itself. */
    private List<Complaint> twice(IdentifyData one, IdentifyData other, String secondString) {
        FakeTarget second = wire.target(2, FakeWire.DISK);
        second.string = secondString.getBytes(StandardCharsets.US_ASCII);
        List<FoundPath> paths = wire.local.find(FakeWire.DISK, 20 * FakeWire.MS);
        return Checkup.of(List.of(
                checked(paths.getFirst(), one, GOOD), checked(paths.getLast(), other, GOOD)));
    }

    private static void assertOnly(List<Complaint> complaints, Kind kind, String... parts) {
        assertThat(complaints).singleElement().satisfies(complaint -> {
            assertThat(complaint.kind()).isEqualTo(kind);
            assertThat(complaint.what()).contains(parts);
            assertThat(complaint.cure()).isNotBlank().doesNotContain("\n");
        });
    }

    @Test
    void aGoodSanHasNoComplaints() {
        assertThat(single(GOOD)).isEmpty();
    }

    @Test
    void twoDisksUnderOneAddressAreNamedWithBothSerials() {
        assertOnly(
                twice(FakeTarget.identity("AAAA", "m", 8), FakeTarget.identity("BBBB", "m", 8), ""),
                Kind.DUPLICATE,
                "02:00:00:00:0b:01 answers for e1.0 with serial \"AAAA\"",
                "02:00:00:00:0b:02 with serial \"BBBB\"",
                "differ in serial");
    }

    @Test
    void sizeModelAndConfigStringTellDisksApartToo() {
        IdentifyData disk = FakeTarget.identity("A", "m", 8);
        assertOnly(
                twice(disk, FakeTarget.identity("A", "m", 16), ""),
                Kind.DUPLICATE,
                "size (8 and 16 sectors)");
        assertOnly(
                twice(disk, FakeTarget.identity("A", "n", 8), ""),
                Kind.DUPLICATE,
                "model (\"m\" and \"n\")");
        assertOnly(twice(disk, disk, "claimed"), Kind.DUPLICATE, "config string");
    }

    @Test
    void oneDiskOnTwoAddressesIsFine() {
        IdentifyData disk = FakeTarget.identity("A", "m", 8);
        assertThat(twice(disk, disk, "")).isEmpty();
    }

    @Test
    void twoVbladesOfOneHostNameCannotBeToldApartAndThatIsSaid() {
        IdentifyData vblade = FakeTarget.identity("1.0:host", VBLADE, 8);
        assertOnly(twice(vblade, vblade, ""), Kind.INDISTINCT, "may be served twice", "1.0:host");
        assertThat(Kind.INDISTINCT.isWrong()).isFalse();
        assertOnly(
                twice(vblade, FakeTarget.identity("1.0:other", VBLADE, 8), ""),
                Kind.DUPLICATE,
                "1.0:other");
    }

    @Test
    void aBlackHoleIsSaidForEachDirection() {
        assertOnly(
                single(new PathProbe.Result(7, 17, "", 200, 0, 16, 0)),
                Kind.NARROW,
                "3584 bytes of data pass in a frame to the target, both ends promise 8704");
        assertOnly(
                single(new PathProbe.Result(17, 2, "", 200, 0, 16, 0)),
                Kind.NARROW,
                "1024 bytes of data pass in a frame from the target");
    }

    @Test
    void endsThatCarryDifferentFramesAreSaid() {
        first.sectorsMax = 2;
        assertOnly(
                single(new PathProbe.Result(17, 2, "", 200, 0, 16, 0)),
                Kind.MTU,
                "the target takes 1024 bytes of data in a frame, MTU 9000 of eth0 carries 8704");
        first.sectorsMax = 64;
        assertOnly(single(GOOD), Kind.MTU, "takes 32768 bytes");
    }

    @Test
    void whoRoundsDownToPagesDoesSoOnPurpose() {
        first.sectorsMax = 16;
        assertThat(single(new PathProbe.Result(17, 16, "", 200, 0, 16, 0))).isEmpty();
    }

    @Test
    void aSmallDiskIsNoNarrowPath() {
        CheckedPath small = checked(
                wire.path(),
                FakeTarget.identity("A", "m", 3),
                new PathProbe.Result(17, 3, "", 200, 0, 16, 0));
        assertThat(Checkup.of(List.of(small))).isEmpty();
    }

    @Test
    void interfacesOfDifferentMtuAreSaid() {
        try (FakeWire slow = new FakeWire("eth1", 1500)) {
            slow.target(1, FakeWire.DISK).sectorsMax = 2;
            List<Complaint> complaints = Checkup.of(List.of(
                    checked(wire.path(), first.identity, GOOD),
                    checked(
                            slow.path(),
                            first.identity,
                            new PathProbe.Result(2, 2, "", 200, 0, 16, 0))));
            assertOnly(complaints, Kind.MTU, "eth0 has 9000, eth1 has 1500");
        }
    }

    @Test
    void lossesAndOverflowsAreCounted() {
        assertOnly(
                single(new PathProbe.Result(17, 17, "", 200, 3, 16, 0)),
                Kind.LOSS,
                "3 of 200 round trips");
        assertOnly(
                single(new PathProbe.Result(17, 17, "", 200, 0, 16, 5)),
                Kind.BUFFERS,
                "of 16 frames at once",
                "5 were lost");
    }

    @Test
    void moreBuffersThanWeReceiveUnseenAreSaid() {
        first.bufferCount = 2000;
        assertOnly(single(GOOD), Kind.BUFFERS, "2000 buffers are 17480000 bytes", "16777216");
    }

    @Test
    void aDiskThatMayNotBeReadIsOnlyNoted() {
        assertOnly(
                single(new PathProbe.Result(17, 0, "it is reserved by others", 100, 0, 16, 0)),
                Kind.UNREAD,
                "reserved by others");
        assertThat(Kind.UNREAD.isWrong()).isFalse();
    }

    @Test
    void aDiskThatDoesNotIdentifyIsOneComplaintAndNoMore() {
        CheckedPath mute = new CheckedPath(wire.path(), Optional.empty(), PathProbe.Result.SILENT);
        assertOnly(Checkup.of(List.of(mute)), Kind.SILENT, "no IDENTIFY DEVICE");
    }
}
