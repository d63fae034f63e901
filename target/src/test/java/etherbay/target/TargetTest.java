// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.aoe.MaskHeader;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Which export takes a frame, and which frames nobody takes. */
class TargetTest {
    private static long dropped(Rig rig, String reason) {
        return rig.counters.counter("target.dropped." + reason).value();
    }

    private static AoeFrames broadcast(int shelf, int slot) {
        return AoeFrames.request(MacAddress.BROADCAST, Rig.ALICE, shelf, slot, Rig.TAG);
    }

    @Test
    void anAnswerGoesBackToTheRequesterFromThePortThatTookTheRequest() {
        Rig rig = new Rig();
        MemorySegment query = broadcast(1, 0).configQuery();
        rig.otherPort.receive(query, 32, rig.nowNs);
        List<MemorySegment> sent = rig.otherPort.takeSent();
        assertThat(sent).hasSize(1);
        MemorySegment reply = sent.getFirst();
        assertThat(reply.byteSize()).isEqualTo(60);
        assertThat(Ethernet.dst(reply, 0)).isEqualTo(Rig.ALICE.bits());
        assertThat(Ethernet.src(reply, 0)).isEqualTo(rig.otherPort.mac().bits());
        assertThat(AoeHeader.Fields.read(reply, 0))
                .isEqualTo(AoeHeader.Fields.reply(1, 0, AoeHeader.COMMAND_CONFIG, Rig.TAG));
        assertThat(ConfigHeader.Fields.read(reply, 0))
                .isEqualTo(new ConfigHeader.Fields(64, 0x0100, 2, 1, ConfigHeader.READ, 0));
        assertThat(rig.isSilent()).as("on the other port").isTrue();
    }

    @Test
    void wildCardsReachTheExportsThatTheyNameAndAnswersCarryTheRealAddress() {
        Rig rig = new Rig();
        rig.target.add(rig.another(1, 1), List.of(rig.port));
        rig.target.add(rig.another(2, 0), List.of(rig.port));
        rig.port.takeSent();
        assertThat(answering(rig, 0xffff, 0xff)).containsExactly("1.0", "1.1", "2.0");
        assertThat(answering(rig, 0xffff, 0)).containsExactly("1.0", "2.0");
        assertThat(answering(rig, 1, 0xff)).containsExactly("1.0", "1.1");
        assertThat(answering(rig, 2, 0)).containsExactly("2.0");
        assertThat(answering(rig, 3, 0)).isEmpty();
        assertThat(dropped(rig, "unknown")).isEqualTo(1);
        assertThat(rig.port.freeCount()).isEqualTo(64);
    }

    private static List<String> answering(Rig rig, int shelf, int slot) {
        rig.send(broadcast(shelf, slot).configQuery());
        List<String> addresses = new ArrayList<>();
        for (MemorySegment reply : rig.port.takeSent()) {
            addresses.add(AoeHeader.shelf(reply, 0) + "." + AoeHeader.slot(reply, 0));
        }
        return addresses;
    }

    @Test
    void onlyConfigRequestsAreAnsweredForWildCards() {
        Rig rig = new Rig();
        AoeFrames toAll = broadcast(0xffff, 0xff);
        rig.send(toAll.write(0, Rig.pattern(1, 1)));
        rig.send(toAll.identify());
        rig.send(toAll.mask(MaskHeader.Fields.of(MaskHeader.EDIT, List.of())));
        rig.settle();
        assertThat(rig.isSilent()).isTrue();
        assertThat(rig.disk.done).isEmpty();
        rig.target.add(rig.another(1, 1), List.of(rig.port));
        rig.port.takeSent();
        rig.send(toAll.config(ConfigHeader.Fields.request(5, 0), new byte[0]));
        assertThat(rig.isSilent()).isTrue();
        assertThat(rig.count("dropped.wildcard")).isEqualTo(4);
        rig.send(toAll.config(
                ConfigHeader.Fields.request(ConfigHeader.FORCE, 2), new byte[] {'h', 'i'}));
        assertThat(rig.store.stored.config()).isEqualTo("hi");
        assertThat(rig.port.takeSent()).hasSize(2);
        assertThat(rig.port.freeCount()).isEqualTo(64);
    }

    @Test
    void responsesShortFramesAndGroupSendersAreDroppedAndCounted() {
        Rig rig = new Rig();
        List<Long> seen = new ArrayList<>();
        rig.target.onResponses(frame -> seen.add(Ethernet.src(frame.memory(), frame.at())));
        rig.send(AoeFrames.replyTo(rig.from(Rig.ALICE).configQuery(), Rig.BOB, 1, 0)
                .configQuery());
        assertThat(dropped(rig, "response")).isEqualTo(1);
        assertThat(seen).containsExactly(Rig.BOB.bits());
        rig.port.receive(rig.from(Rig.ALICE).configQuery(), 23, rig.nowNs);
        rig.send(rig.from(MacAddress.BROADCAST).configQuery());
        assertThat(dropped(rig, "malformed")).isEqualTo(2);
        rig.port.receive(rig.from(Rig.ALICE).identify(), 35, rig.nowNs);
        rig.port.receive(rig.from(Rig.ALICE).configQuery(), 31, rig.nowNs);
        assertThat(rig.count("dropped.malformed")).isEqualTo(2);
        assertThat(rig.isSilent()).isTrue();
        assertThat(rig.port.freeCount()).isEqualTo(64);
    }

    @Test
    void anotherVersionIsAnErrorAndSoIsAnUnknownCommand() {
        Rig rig = new Rig();
        MemorySegment future = rig.from(Rig.ALICE).configQuery();
        AoeHeader.versionFlags(future, 0, 2, 0);
        assertThat(rig.ask(future).aoeError()).isEqualTo(AoeHeader.ERROR_VERSION);
        Rig.Answer unknown = rig.ask(rig.from(Rig.ALICE).frame(0x7f, 24));
        assertThat(unknown.aoeError()).isEqualTo(AoeHeader.ERROR_COMMAND);
        assertThat(AoeHeader.response(unknown.frame(), 0)).isTrue();
        assertThat(AoeHeader.tag(unknown.frame(), 0)).isEqualTo(Rig.TAG);
    }

    @Test
    void anExportAnswersOnlyOnItsPorts() {
        Rig rig = new Rig();
        rig.target.add(rig.another(5, 5), List.of(rig.otherPort));
        rig.send(broadcast(5, 5).configQuery());
        assertThat(rig.isSilent()).isTrue();
    }

    @Test
    void anAddressIsServedOnceOnAPort() {
        Rig rig = new Rig();
        assertThatThrownBy(() -> rig.target.add(rig.another(1, 0), List.of(rig.port)))
                .isInstanceOfSatisfying(EtherbayException.class, conflict -> {
                    assertThat(conflict.code()).isEqualTo(ErrorCode.CONFLICT);
                    assertThat(conflict).hasMessageContaining("e1.0").hasMessageContaining("fake0");
                });
    }

    @Test
    void aRemovedExportIsSilent() {
        Rig rig = new Rig();
        rig.target.remove(rig.export);
        rig.send(rig.from(Rig.ALICE).configQuery());
        assertThat(rig.isSilent()).isTrue();
    }

    @Test
    void aThousandExportsAreFoundByTheirAddress() {
        Rig rig = new Rig();
        List<Export> exports = new ArrayList<>();
        ExportTable table = new ExportTable();
        for (int i = 0; i < 1000; i++) {
            exports.add(rig.another(i * 11, i % 255));
            table.add(exports.getLast());
        }
        for (Export export : exports) {
            assertThat(table.find(export.settings().shelf(), export.settings().slot()))
                    .isSameAs(export);
        }
        assertThat(table.find(65000, 250)).isNull();
        assertThat(table.remove(exports.getFirst())).isTrue();
        assertThat(table.find(0, 0)).isNull();
        assertThat(table.find(11, 1)).isSameAs(exports.get(1));
    }

    @Test
    void beaconsTellOfAnExportAtItsStartAndWhenMtuLinkOrSizeChange() {
        Rig rig = new Rig();
        rig.target.add(rig.another(9, 9), List.of(rig.port));
        assertBeacon(rig, 9, 2);
        rig.target.remove(rig.export);
        rig.port.change(9000, true);
        assertBeacon(rig, 9, 17);
        rig.port.change(9000, false);
        assertThat(rig.isSilent()).isTrue();
        rig.port.change(9000, true);
        assertBeacon(rig, 9, 17);
        rig.port.change(500, true);
        assertThat(rig.isSilent()).as("an MTU that carries no sector").isTrue();
    }

    @Test
    void aPortThatChangedIsAnnouncedOnceMoreASecondLater() {
        Rig rig = new Rig();
        rig.target.remove(rig.export);
        rig.target.add(rig.another(9, 9), List.of(rig.port));
        rig.port.takeSent();
        rig.settle();
        rig.port.change(1500, false);
        rig.port.change(1500, true);
        assertBeacon(rig, 9, 2);
        rig.nowNs += Limits.ANNOUNCE_AGAIN_NS;
        rig.settle();
        assertBeacon(rig, 9, 2);
        rig.nowNs += 10 * Limits.ANNOUNCE_AGAIN_NS;
        rig.settle();
        assertThat(rig.isSilent()).isTrue();
    }

    private static void assertBeacon(Rig rig, int shelf, int sectorsMax) {
        MemorySegment beacon = rig.answer().frame();
        assertThat(Ethernet.dst(beacon, 0)).isEqualTo(Ethernet.BROADCAST);
        assertThat(Ethernet.src(beacon, 0)).isEqualTo(rig.port.mac().bits());
        assertThat(AoeHeader.Fields.read(beacon, 0))
                .isEqualTo(AoeHeader.Fields.reply(shelf, 9, AoeHeader.COMMAND_CONFIG, 0));
        assertThat(ConfigHeader.sectorsMax(beacon, 0)).isEqualTo(sectorsMax);
    }

    @Test
    void growthIsAnnouncedOnEveryPort() {
        Rig rig = new Rig(Rig.settings(), new FakeDisk(FakeDisk.FULL, 64), null);
        rig.disk.resize(128);
        assertThat(rig.port.takeSent()).hasSize(1);
        assertThat(rig.otherPort.takeSent()).hasSize(1);
    }

    @Test
    void beaconsOfAnExportWithAnAcceptListGoToThoseOnIt() {
        Rig rig = new Rig(
                Rig.settings().withAccess(AccessRules.accepting(List.of(Rig.ALICE, Rig.BOB))));
        rig.port.change(9000, true);
        assertThat(rig.port.takeSent())
                .extracting(frame -> Ethernet.dst(frame, 0))
                .containsExactly(Rig.ALICE.bits(), Rig.BOB.bits());
    }

    @Test
    void whoIsNotAcceptedGetsSilence() {
        Rig rig = new Rig(Rig.settings().withAccess(AccessRules.accepting(List.of(Rig.ALICE))));
        rig.send(rig.from(Rig.BOB).configQuery());
        rig.send(rig.from(Rig.BOB).identify());
        assertThat(rig.isSilent()).isTrue();
        assertThat(rig.count("dropped.denied")).isEqualTo(2);
        assertThat(rig.ask(rig.from(Rig.ALICE).identify()).status()).isEqualTo(0x40);
    }

    @Test
    void theSectorLimitIsTheSettingWhereThatIsLowerThanTheMtu() {
        Rig rig = new Rig(Rig.settings().withSectorsMax(8));
        rig.port.change(9000, true);
        assertThat(ConfigHeader.sectorsMax(rig.answer().frame(), 0)).isEqualTo(8);
        assertThat(rig.ask(rig.from(Rig.ALICE).read(0, 9)).ataError())
                .isEqualTo(AtaHeader.ERROR_ABRT);
        assertThat(rig.ask(rig.from(Rig.ALICE).read(0, 8)).status()).isEqualTo(0x40);
    }

    @Test
    void paddingBehindAnAnswerIsZero() {
        Rig rig = new Rig();
        MemorySegment frame = rig.from(Rig.ALICE).write(0, Rig.pattern(1, 0x55));
        byte[] tail = rig.ask(frame).frame().asSlice(36).toArray(ValueLayout.JAVA_BYTE);
        assertThat(tail).hasSize(24).containsOnly(0);
    }
}
