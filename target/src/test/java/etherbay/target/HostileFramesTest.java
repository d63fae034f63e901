// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.FenceHeader;
import etherbay.aoe.FloorHeader;
import etherbay.aoe.MaskHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.MacAddress;
import etherbay.base.Prng;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Whatever arrives, the export lives, gives every frame back, and still serves. */
class HostileFramesTest {
    private static final int FRAME_COUNT = 200_000;

    private final Rig rig =
            new Rig(Rig.settings().withWriteCache(true), new FakeDisk(FakeDisk.FULL, 4096), null);

    private List<MemorySegment> seeds() {
        AoeFrames requests = rig.from(Rig.ALICE, 0x8000_0001);
        AoeFrames toAll = AoeFrames.request(MacAddress.BROADCAST, Rig.BOB, 0xffff, 0xff, 7);
        return List.of(
                requests.configQuery(),
                toAll.configQuery(),
                toAll.config(ConfigHeader.Fields.request(ConfigHeader.SET, 0), new byte[9]),
                requests.config(ConfigHeader.Fields.request(ConfigHeader.FORCE, 0), new byte[100]),
                requests.identify(),
                requests.read(0, 2),
                requests.write(0, new byte[1024]),
                requests.trim(0, 8),
                requests.flush(),
                requests.ata(new AtaHeader.Fields(0, 0x82, 0, 0xef, 0), new byte[0]),
                requests.mask(
                        MaskHeader.Fields.of(1, List.of(new MaskHeader.Directive(1, Rig.BOB)))),
                requests.reserve(ReserveHeader.Fields.of(1, List.of(Rig.ALICE))),
                requests.fence(FenceHeader.Fields.of(1, 0, 1, List.of(Rig.ALICE))),
                requests.floor(new FloorHeader.Fields(0, 0x8000_0001)));
    }

    /** A few bytes changed where headers are, and another length. @return the length */
    private static int mutate(Prng prng, MemorySegment seed, MemorySegment frame) {
        frame.fill((byte) prng.nextLong());
        MemorySegment.copy(seed, 0, frame, 0, seed.byteSize());
        for (int i = prng.below(4); i > 0; i--) {
            int at = 14 + prng.below(50);
            frame.set(ValueLayout.JAVA_BYTE, at, (byte) prng.nextLong());
        }
        return switch (prng.below(4)) {
            case 0 -> prng.below(61);
            case 1 -> prng.between(60, 1514);
            default -> (int) seed.byteSize();
        };
    }

    @Test
    void mutatedFramesStopNothing() {
        Prng prng = new Prng(20261123);
        List<MemorySegment> seeds = seeds();
        MemorySegment frame = MemorySegment.ofArray(new byte[1514]);
        rig.port.keepsSent = false;
        rig.disk.keepsDone = false;
        rig.target.add(rig.another(1, 1), List.of(rig.port, rig.otherPort));
        for (int i = 0; i < FRAME_COUNT; i++) {
            int length = mutate(prng, seeds.get(prng.below(seeds.size())), frame);
            rig.port.receive(frame, length, rig.nowNs - prng.below(1000));
            if (prng.chance(0.2)) {
                rig.nowNs += Rig.MS;
                rig.settle();
            }
        }
        rig.settle();
        assertThat(rig.port.freeCount()).isEqualTo(64);
        assertThat(rig.export.inFlightCount()).isZero();
        assertStillServing();
    }

    /** From whoever is on the mask list and the reservation by now. */
    private void assertStillServing() {
        rig.port.keepsSent = true;
        MacAddress known = rig.export.state().masks().isEmpty()
                ? Rig.ALICE
                : rig.export.state().masks().getFirst();
        assertThat(rig.ask(rig.from(known).identify()).status()).isEqualTo(0x40);
    }
}
