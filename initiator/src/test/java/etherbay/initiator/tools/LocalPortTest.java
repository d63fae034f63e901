// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Reply;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Discovery, and what is made of what it finds. */
class LocalPortTest {
    private static final long WAIT_NS = 20 * FakeWire.MS;

    private final FakeWire wire = new FakeWire(9000);

    @AfterEach
    void close() {
        wire.close();
    }

    @Test
    void eachPathIsFoundOnceInTheOrderOfDisks() {
        wire.target(1, new DiskAddress(10, 0));
        wire.target(3, new DiskAddress(2, 1));
        wire.target(2, new DiskAddress(2, 1));
        assertThat(wire.local.find(DiskAddress.ALL, WAIT_NS))
                .extracting(FoundPath::where)
                .containsExactly(
                        "e2.1 at 02:00:00:00:0b:02 on eth0",
                        "e2.1 at 02:00:00:00:0b:03 on eth0",
                        "e10.0 at 02:00:00:00:0b:01 on eth0");
    }

    @Test
    void aLostQueryHidesNoDisk() {
        FakeTarget target = wire.target();
        boolean[] first = {true};
        target.loses = _ -> {
            boolean lost = first[0];
            first[0] = false;
            return lost;
        };
        assertThat(wire.local.find(DiskAddress.ALL, WAIT_NS)).hasSize(1);
        assertThat(target.seen).hasSize(1);
    }

    @Test
    void answersThatTellNoDiskAreNoDisks() {
        wire.target(1, new DiskAddress(1, 0)).last = reply -> {
            AoeHeader.slot(reply, 0, AoeHeader.SLOT_BROADCAST);
            return reply;
        };
        wire.target(2, new DiskAddress(2, 0)).last = reply -> reply.asSlice(0, AoeHeader.END);
        wire.target(3, new DiskAddress(3, 0)).answer = (_, frames) ->
                Optional.of(frames.refused(AoeHeader.ERROR_COMMAND).configQuery());
        assertThat(wire.local.find(DiskAddress.ALL, WAIT_NS)).isEmpty();
    }

    @Test
    void aDiskThatIsNotThereIsSaidToBeUnavailable() {
        wire.target();
        assertThatThrownBy(() -> wire.local.require(new DiskAddress(1, 1)))
                .isInstanceOf(EtherbayException.class)
                .hasMessage("e1.1 does not answer")
                .extracting(error -> ((EtherbayException) error).code())
                .isEqualTo(ErrorCode.UNAVAILABLE);
    }

    @Test
    void thePayloadIsWhatBothEndsCarryAndTwoSectorsWhereNothingIsStated() {
        FakeTarget target = wire.target();
        target.sectorsMax = 8;
        assertThat(wire.path().payloadBytes()).isEqualTo(8 * 512);
        target.sectorsMax = 127;
        assertThat(wire.path().payloadBytes()).as("MTU 9000").isEqualTo(17 * 512);
        target.sectorsMax = 0;
        assertThat(wire.path().payloadBytes()).isEqualTo(2 * 512);
    }

    @Test
    void aDiskHasTheLeastPayloadOfItsPathsAndAllTheirInterfaces() {
        try (FakeWire slow = new FakeWire("eth1", 1500)) {
            wire.target(1, FakeWire.DISK);
            wire.target(2, FakeWire.DISK);
            slow.target(1, FakeWire.DISK);
            List<SeenDisk> disks = SeenDisk.find(List.of(wire.local, slow.local), WAIT_NS);
            assertThat(disks).singleElement().satisfies(disk -> {
                assertThat(disk.payloadBytes()).isEqualTo(1024);
                assertThat(disk.interfaces()).isEqualTo("eth0,eth1");
                assertThat(disk.paths()).hasSize(3);
                assertThat(disk.sectors()).isEqualTo(4096);
            });
        }
    }

    @Test
    void whatADiskIsIsAskedOnAnotherPathWhenTheFirstIsSilent() {
        wire.target(1, FakeWire.DISK).loses = FakeTarget::isIdentify;
        FakeTarget second = wire.target(2, FakeWire.DISK);
        second.identity = FakeTarget.identity("SECOND", "model", 8);
        assertThat(SeenDisk.find(List.of(wire.local), WAIT_NS))
                .singleElement()
                .extracting(SeenDisk::sectors)
                .isEqualTo(8L);
        second.loses = FakeTarget::isIdentify;
        assertThat(SeenDisk.find(List.of(wire.local), WAIT_NS))
                .singleElement()
                .extracting(SeenDisk::identity)
                .isEqualTo(Optional.empty());
    }

    @Test
    void anIdentifyThatFailedIsNoIdentity() {
        wire.target().last = reply -> {
            if (AoeHeader.command(reply, 0) == AoeHeader.COMMAND_ATA) {
                AtaHeader.command(reply, 0, 0x41);
            }
            return reply;
        };
        FoundPath path = wire.path();
        assertThat(IdentityBlock.find(path)).isEmpty();
        assertThatThrownBy(() -> IdentityBlock.require(path))
                .hasMessageContaining("does not say what it is");
    }

    @Test
    void aBlockIsOnlyTakenWhole() {
        MemorySegment cut = MemorySegment.ofArray(new byte[547]);
        assertThat(IdentityBlock.of(new Reply(cut, 0))).isEmpty();
    }
}
