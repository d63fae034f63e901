// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.AtaHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.aoe.Ethernet;
import etherbay.base.Frame;
import etherbay.base.MacAddress;
import etherbay.target.AccessRules.Right;

import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What changes while an export serves, and what each right lets pass on the wire. */
class LiveSettingsTest {
    private static final ConfigHeader.Fields FORCE =
            ConfigHeader.Fields.request(ConfigHeader.FORCE, 1);

    private final Rig rig = new Rig();

    private void apply(ExportSettings next) {
        rig.export.apply(next);
        rig.settle();
    }

    private void restrict(Right right, MacAddress... macs) {
        Map<Right, List<MacAddress>> rights = Map.of(right, List.of(macs));
        apply(Rig.settings().withAccess(new AccessRules(List.of(), List.of(), true, rights)));
        rig.port.takeSent();
    }

    private boolean isSilentTo(MemorySegment frame) {
        rig.send(frame);
        rig.settle();
        return rig.isSilent();
    }

    @Test
    void withoutTheRightToDiscoverAConfigReadIsSilentAndDisksAreServed() {
        restrict(Right.DISCOVER, Rig.ALICE);
        assertThat(isSilentTo(rig.from(Rig.BOB).configQuery())).isTrue();
        assertThat(isSilentTo(rig.from(Rig.ALICE).configQuery())).isFalse();
        assertThat(rig.ask(rig.from(Rig.BOB).read(0, 1)).status()).isEqualTo(0x40);
        assertThat(rig.count("dropped.denied")).isEqualTo(1);
    }

    @Test
    void withoutTheRightToConfigSetsAreSilentAndReadsAreAnswered() {
        restrict(Right.CONFIG, Rig.ALICE);
        assertThat(isSilentTo(rig.from(Rig.BOB).config(FORCE, new byte[1]))).isTrue();
        assertThat(isSilentTo(rig.from(Rig.BOB).configQuery())).isFalse();
        rig.port.takeSent();
        assertThat(isSilentTo(rig.from(Rig.ALICE).config(FORCE, new byte[1]))).isFalse();
        assertThat(rig.export.state().config()).hasSize(1);
    }

    @Test
    void withoutTheRightToReadEveryAtaCommandIsAborted() {
        restrict(Right.READ, Rig.ALICE);
        assertThat(rig.ask(rig.from(Rig.BOB).read(0, 1)).ataError())
                .isEqualTo(AtaHeader.ERROR_ABRT);
        assertThat(rig.ask(rig.from(Rig.BOB).identify()).ataError())
                .isEqualTo(AtaHeader.ERROR_ABRT);
        assertThat(rig.ask(rig.from(Rig.ALICE).read(0, 1)).status()).isEqualTo(0x40);
        assertThat(rig.count("refused.denied")).isEqualTo(2);
    }

    @Test
    void withoutTheRightToWriteChangesAreAbortedAndReadsAreServed() {
        restrict(Right.WRITE, Rig.ALICE);
        byte[] data = Rig.pattern(1, 3);
        assertThat(rig.ask(rig.from(Rig.BOB).write(5, data)).ataError())
                .isEqualTo(AtaHeader.ERROR_ABRT);
        assertThat(rig.ask(rig.from(Rig.BOB).read(5, 1)).data(1)).containsOnly(0);
        assertThat(rig.ask(rig.from(Rig.ALICE).write(5, data)).status()).isEqualTo(0x40);
        assertThat(rig.ask(rig.from(Rig.BOB).read(5, 1)).data(1)).isEqualTo(data);
    }

    @Test
    void whoIsAdmittedWithoutAnyRightIsAbortedRatherThanIgnored() {
        List<MacAddress> alice = List.of(Rig.ALICE);
        apply(Rig.settings()
                .withAccess(new AccessRules(
                        List.of(),
                        List.of(),
                        true,
                        Map.of(
                                Right.DISCOVER,
                                alice,
                                Right.CONFIG,
                                alice,
                                Right.READ,
                                alice,
                                Right.WRITE,
                                alice))));
        rig.port.takeSent();
        assertThat(isSilentTo(rig.from(Rig.BOB).configQuery())).isTrue();
        assertThat(rig.ask(rig.from(Rig.BOB).read(0, 1)).ataError())
                .isEqualTo(AtaHeader.ERROR_ABRT);
    }

    @Test
    void newRulesTellTheirAudience() {
        apply(Rig.settings().withAccess(AccessRules.accepting(List.of(Rig.ALICE))));
        assertThat(sentTo()).containsExactly(Rig.ALICE);
        apply(Rig.settings()
                .withAccess(AccessRules.accepting(List.of(Rig.ALICE)))
                .withBroadcast(true));
        assertThat(sentTo()).containsExactly(MacAddress.BROADCAST);
    }

    @Test
    void aBroadcastIsWantedOrOnlyForThoseOnTheMaskList() {
        rig.export.change(state -> state.withMasks(List.of(Rig.BOB)), stored -> {});
        rig.settle();
        rig.port.takeSent();
        rig.port.change(1500, true);
        assertThat(sentTo()).containsExactly(Rig.BOB);
        apply(Rig.settings().withBroadcast(true));
        assertThat(sentTo()).containsExactly(MacAddress.BROADCAST);
    }

    private List<MacAddress> sentTo() {
        return rig.port.takeSent().stream()
                .map(frame -> new MacAddress(Ethernet.dst(frame, 0)))
                .toList();
    }

    @Test
    void aLowerSectorLimitIsToldAndHeld() {
        apply(Rig.settings().withSectorsMax(1));
        MemorySegment beacon = rig.answer().frame();
        assertThat(ConfigHeader.sectorsMax(beacon, 0)).isEqualTo(1);
        assertThat(rig.ask(rig.from(Rig.ALICE).read(0, 2)).ataError())
                .isEqualTo(AtaHeader.ERROR_ABRT);
    }

    @Test
    void aCacheTurnedOffFlushesWhatItAcknowledged() {
        Rig cached = new Rig(Rig.settings().withWriteCache(true));
        cached.ask(cached.from(Rig.ALICE).write(0, Rig.pattern(1, 1)));
        assertThat(cached.export.cacheOn()).isTrue();
        cached.export.apply(Rig.settings().withWriteCache(false));
        cached.settle();
        assertThat(cached.export.cacheOn()).isFalse();
        assertThat(cached.disk.done).anyMatch(io -> io.startsWith("FLUSH"));
    }

    @Test
    void unchangedSettingsTellNobodyAndLeaveTheCacheAsTheWireSetIt() {
        Rig cached = new Rig(Rig.settings().withWriteCache(true));
        cached.export.switchCache(false);
        cached.export.apply(Rig.settings().withWriteCache(true));
        cached.settle();
        assertThat(cached.export.cacheOn()).isFalse();
        assertThat(cached.port.takeSent()).isEmpty();
    }

    @Test
    void aTraceShowsRequestsAndAnswersWhileItIsOn() {
        List<String> seen = new ArrayList<>();
        rig.export.traceTo(new FrameTrace() {
            @Override
            public void received(Frame frame) {
                seen.add("received " + AoeHeader.tag(frame.memory(), frame.at()));
            }

            @Override
            public void sent(Frame frame) {
                seen.add("sent " + AoeHeader.tag(frame.memory(), frame.at()));
            }
        });
        rig.ask(rig.from(Rig.ALICE, 1).read(0, 1));
        apply(Rig.settings().withTraceIo(true));
        rig.ask(rig.from(Rig.ALICE, 2).read(0, 1));
        rig.ask(rig.from(Rig.BOB, 3).configQuery());
        apply(Rig.settings().withTraceIo(false));
        rig.ask(rig.from(Rig.ALICE, 4).read(0, 1));
        assertThat(seen).containsExactly("received 2", "sent 2", "received 3", "sent 3");
    }

    @Test
    void anExportThatTakesAnothersPlaceAnswersFromTheNextFrameOn() {
        Export after = rig.another(1, 0);
        rig.target.replace(rig.export, after);
        assertThat(rig.port.takeSent()).hasSize(1);
        assertThat(rig.otherPort.takeSent()).hasSize(1);
        assertThat(rig.ask(rig.from(Rig.ALICE).identify()).status()).isEqualTo(0x40);
        rig.disk.resize(1 << 20);
        assertThat(rig.isSilent()).as("who was replaced announces nothing").isTrue();
    }

    @Test
    void aPortThatIsDetachedBringsAndGetsNothingMore() {
        rig.target.detach(rig.otherPort);
        rig.otherPort.receive(rig.from(Rig.ALICE).configQuery(), rig.nowNs);
        rig.otherPort.change(9000, true);
        rig.settle();
        assertThat(rig.otherPort.takeSent()).isEmpty();
        assertThat(rig.ask(rig.from(Rig.ALICE).identify()).status()).isEqualTo(0x40);
    }

    @Test
    void anExportTakenFromOnePortServesOnTheOthers() {
        rig.target.remove(rig.export, rig.otherPort);
        rig.otherPort.receive(rig.from(Rig.ALICE).configQuery(), rig.nowNs);
        assertThat(rig.otherPort.takeSent()).isEmpty();
        assertThat(isSilentTo(rig.from(Rig.ALICE).configQuery())).isFalse();
    }
}
