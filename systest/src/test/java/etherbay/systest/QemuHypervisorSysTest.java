// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static etherbay.systest.MachineLab.GUEST;
import static etherbay.systest.MachineLab.console;
import static etherbay.systest.MachineLab.lastRecord;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.machine.GuestNic;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Hypervisor;
import etherbay.guest.machine.Hypervisor.Condition;
import etherbay.guest.machine.Hypervisor.Progress;
import etherbay.guest.machine.Hypervisor.Sending;
import etherbay.guest.machine.Hypervisor.Start;
import etherbay.guest.machine.QemuHypervisor;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Guests of real QEMUs by the seam that nodes use: their life, moves, and what goes wrong. */
@Timeout(600)
@ExtendWith(ReasonInTrace.class)
class QemuHypervisorSysTest {
    private static final Sending SLOW = new Sending(300, 1, false, false);

    private MachineLab lab;
    private QemuHypervisor here;
    private QemuHypervisor there;

    @BeforeEach
    void begin() {
        lab = new MachineLab();
        here = lab.here;
        there = lab.there;
    }

    @AfterEach
    void end() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void aGuestLivesOnWhenWhoeverBeganItEnds() {
        assertThat(here.condition(GUEST)).isEqualTo(Condition.ABSENT);
        assertThat(here.present()).isEmpty();
        lab.boot();
        assertThat(here.present()).containsExactly(GUEST);
        assertThat(there.present()).isEmpty();
        refused(
                ErrorCode.CONFLICT,
                "here already",
                () -> here.start(lab.spec(), lab.socket, Start.RUNNING));

        here.pause(GUEST);
        assertThat(here.condition(GUEST)).isEqualTo(Condition.PAUSED);
        long record = lastRecord(here);
        QemuHypervisor later = new QemuHypervisor(lab.folder().resolve("a"));
        assertThat(later.present()).containsExactly(GUEST);
        assertThat(later.condition(GUEST)).isEqualTo(Condition.PAUSED);
        assertThat(lastRecord(later)).isEqualTo(record);
        later.resume(GUEST);
        assertThat(here.condition(GUEST)).isEqualTo(Condition.RUNNING);
        lab.awaitRecords(later, 2);
        refused(ErrorCode.CONFLICT, "no screen", () -> later.screen(GUEST));
        assertThat(lab.onDisk(record)).isEqualTo("record " + record);

        later.powerOff(GUEST);
        lab.await(later, Condition.OFF);
        refused(ErrorCode.CONFLICT, "cannot be resumed", () -> later.resume(GUEST));
        later.kill(GUEST);
        assertThat(here.condition(GUEST)).isEqualTo(Condition.ABSENT);
        refused(ErrorCode.NOT_FOUND, "no guest", () -> here.pause(GUEST));
        here.kill(GUEST);
    }

    @Test
    void itsDiskIsServedAnewAndGrowsUnderIt() {
        lab.boot();
        lab.killServer();
        long record = lastRecord(here);
        lab.resizeImage(24 << 20);
        assertThat(here.condition(GUEST)).isEqualTo(Condition.RUNNING);
        lab.restartServer();
        Tool.await("the guest goes on", MachineLab.TIMEOUT, () -> lastRecord(here) > record + 2);

        here.diskResized(GUEST, 24 << 20);
        MachineLab.type(here, "echo \"size $(cat /sys/block/vda/size)\"");
        Tool.await(
                "the new size",
                MachineLab.TIMEOUT,
                () -> console(here).contains("size " + (24 << 11) + "\n"));
        refused(
                ErrorCode.CONFLICT,
                "does not get another size",
                () -> here.diskResized(GUEST, 32 << 20));
        lab.awaitRecords(here, 2);
        assertThat(console(here)).doesNotContain("FAILED");

        lab.killServer();
        long startNs = System.nanoTime();
        here.kill(GUEST);
        assertThat(here.condition(GUEST)).isEqualTo(Condition.ABSENT);
        assertThat((System.nanoTime() - startNs) / 1_000_000_000).isLessThan(10);
        lab.restartServer();
    }

    @Test
    void itMovesThereAndBackWithoutLosingARecord() {
        lab.boot();
        move(here, there, "127.0.0.1");
        lab.awaitRecords(there, 3);
        there.pause(GUEST);
        assertThat(there.condition(GUEST)).isEqualTo(Condition.PAUSED); // no longer LOADED
        there.resume(GUEST);
        here.kill(GUEST);
        move(there, here, "unix:" + lab.folder().resolve("m"));
        lab.awaitRecords(here, 3);
        here.pause(GUEST);
        long record = lastRecord(here);
        assertThat(lab.onDisk(record - 1)).isEqualTo("record " + (record - 1));
        assertThat(console(here) + console(there)).doesNotContain("FAILED");
    }

    private void move(Hypervisor from, Hypervisor to, String host) {
        String at = lab.waiting(to, host);
        assertThat(to.condition(GUEST)).isEqualTo(Condition.INCOMING);
        from.send(GUEST, at, Sending.DEFAULT);
        lab.await(from, Condition.SWITCHING);
        assertThat(to.condition(GUEST)).isEqualTo(Condition.INCOMING);
        long record = lastRecord(from);
        assertThat(lab.onDisk(record)).startsWith("record " + record);
        Progress progress = from.progress(GUEST);
        assertThat(progress.totalBytes()).isGreaterThan(100 << 20);
        assertThat(progress.rounds()).isPositive();
        assertThat(progress.failure()).isEmpty();
        from.finishSending(GUEST);
        lab.await(from, Condition.SENT);
        lab.await(to, Condition.LOADED);
        assertThat(lastRecord(from)).isEqualTo(record);
        to.resume(GUEST);
        assertThat(to.condition(GUEST)).isEqualTo(Condition.RUNNING);
        assertThat(from.progress(GUEST).downtimeMs()).isPositive();
    }

    @Test
    void itGoesOnWhereItWasWhenItsMoveIsCancelled() {
        lab.boot();
        here.cancelSending(GUEST); // nothing is sent

        here.send(GUEST, lab.waiting(there, "127.0.0.1"), SLOW);
        assertThat(here.condition(GUEST)).isEqualTo(Condition.LEAVING);
        here.cancelSending(GUEST);
        goesOn();

        here.send(GUEST, lab.waiting(there, "127.0.0.1"), Sending.DEFAULT);
        lab.await(here, Condition.SWITCHING);
        here.cancelSending(GUEST);
        goesOn();

        here.send(GUEST, lab.waiting(there, "127.0.0.1"), Sending.DEFAULT);
        lab.await(here, Condition.SWITCHING);
        here.finishSending(GUEST);
        lab.await(here, Condition.SENT);
        lab.await(there, Condition.LOADED);
        refused(ErrorCode.CONFLICT, "cannot be kept back", () -> here.cancelSending(GUEST));
        there.kill(GUEST);
        here.resume(GUEST);
        goesOn();

        here.pause(GUEST);
        here.send(GUEST, lab.waiting(there, "127.0.0.1"), Sending.DEFAULT);
        lab.await(here, Condition.SWITCHING);
        here.cancelSending(GUEST);
        assertThat(here.condition(GUEST)).isEqualTo(Condition.PAUSED);
        here.resume(GUEST);
        goesOn();
        assertThat(console(here)).doesNotContain("FAILED");
    }

    /** After what was tried, it runs here and nowhere else. */
    private void goesOn() {
        there.kill(GUEST);
        assertThat(here.condition(GUEST)).isEqualTo(Condition.RUNNING);
        lab.awaitRecords(here, 2);
    }

    @Test
    void itGoesOnWhereItWasWhenTheOtherEndDies() {
        lab.boot();
        here.send(GUEST, lab.waiting(there, "127.0.0.1"), SLOW);
        there.kill(GUEST);
        lab.await(here, Condition.RUNNING);
        assertThat(here.progress(GUEST).failure()).isNotEmpty();
        goesOn();

        here.send(GUEST, lab.waiting(there, "127.0.0.1"), Sending.DEFAULT);
        lab.await(here, Condition.SWITCHING);
        there.kill(GUEST);
        assertThat(here.condition(GUEST)).isEqualTo(Condition.SWITCHING); // it is not noticed yet
        here.finishSending(GUEST);
        lab.await(here, Condition.RUNNING);
        assertThat(here.progress(GUEST).failure()).isNotEmpty();
        goesOn();

        // One that hangs holds the source's QEMU, too, once all but the last has been sent.
        here.send(GUEST, lab.waiting(there, "127.0.0.1"), Sending.DEFAULT);
        lab.await(here, Condition.SWITCHING);
        MachineLab.signal("STOP", lab.pid("b"));
        here.finishSending(GUEST);
        here.cancelSending(GUEST);
        goesOn();

        refused(
                ErrorCode.UNAVAILABLE,
                "cannot be sent to tcp:127.0.0.1:1",
                () -> here.send(GUEST, "tcp:127.0.0.1:1", Sending.DEFAULT));
        goesOn();
        assertThat(console(here)).doesNotContain("FAILED");
    }

    @Test
    void itIsRunBeforeItsMemoryIsThereWhenThatIsWanted() {
        lab.boot();
        here.send(GUEST, lab.waiting(there, "127.0.0.1"), new Sending(300, 20, false, true));
        lab.await(here, Condition.SWITCHING);
        here.finishSending(GUEST);
        lab.await(there, Condition.LOADED);
        there.resume(GUEST);
        lab.awaitRecords(there, 3);
        lab.await(here, Condition.SENT);
        assertThat(there.condition(GUEST)).isEqualTo(Condition.RUNNING);
    }

    @Test
    void whatIsBrokenSaysSo() {
        lab.boot();
        lab.killServer();
        lab.serveFailing();
        lab.await(here, Condition.BROKEN);
        lab.killServer();
        lab.restartServer();
        here.resume(GUEST);
        lab.awaitRecords(here, 3);
        assertThat(console(here)).doesNotContain("FAILED");

        MachineLab.type(here, "echo c >/proc/sysrq-trigger");
        lab.await(here, Condition.BROKEN);
        refused(ErrorCode.CONFLICT, "reset button", () -> here.resume(GUEST));
        here.reset(GUEST);
        assertThat(here.condition(GUEST)).isEqualTo(Condition.RUNNING);

        MachineLab.signal("KILL", lab.pid("a"));
        lab.await(here, Condition.ABSENT);
        assertThat(here.present()).isEmpty();
        assertThat(console(here)).isNotEmpty();
        here.start(lab.spec(), lab.socket, Start.RUNNING);
    }

    @Test
    void whatCannotRunHereIsRefusedAndLeavesNothing() {
        Path none = lab.folder().resolve("none");
        GuestSpec good = lab.spec();
        notHere("no machine pc-q35-99.0", with(good, "pc-q35-99.0", "max", 192), lab.socket);
        notHere("no processor Itanium", with(good, good.machine(), "Itanium", 192), lab.socket);
        notHere(
                "MiB are free; it needs memory",
                with(good, good.machine(), "max", 1 << 22),
                lab.socket);
        notHere("no socket " + none, good, none);
        notHere("no bridge ebnone", lab.spec(new GuestNic("bridge:ebnone", MAC)), lab.socket);

        QemuHypervisor deep =
                new QemuHypervisor(lab.folder().resolve("x".repeat(90)).resolve("y"));
        assertThatThrownBy(() -> deep.start(good, lab.socket, Start.RUNNING))
                .extracting(failure -> ((EtherbayException) failure).why())
                .asString()
                .contains("has", "bytes");

        notHere(
                "nobody serves it: No such file or directory; it needs segment unix:" + none,
                lab.spec(new GuestNic("unix:" + none, MAC)),
                lab.socket);

        // What only QEMU itself can find wrong: its words are the reason, and nothing is left.
        Path silent = lab.folder().resolve("disk");
        assertThatThrownBy(() -> here.start(good, silent, Start.RUNNING))
                .isInstanceOf(EtherbayException.class)
                .extracting(failure -> ((EtherbayException) failure).why())
                .asString()
                .contains("Failed to connect to '" + silent + "'");
        assertThat(lab.folder().resolve("a").resolve(GUEST)).doesNotExist();
        assertThat(here.present()).isEmpty();
    }

    private static final String MAC = "52:54:00:00:00:01";

    private void notHere(String why, GuestSpec spec, Path disk) {
        assertThatThrownBy(() -> here.start(spec, disk, Start.RUNNING))
                .isInstanceOfSatisfying(EtherbayException.class, failure -> {
                    assertThat(failure.code()).isEqualTo(ErrorCode.INVALID);
                    assertThat(failure.toText()).contains(why, "do: ");
                });
    }

    private static GuestSpec with(GuestSpec of, String machine, String cpu, long memoryMib) {
        return new GuestSpec(
                of.name(),
                of.id(),
                machine,
                cpu,
                of.cpuCount(),
                memoryMib,
                of.disk(),
                of.nics(),
                of.boot(),
                of.vnc());
    }

    @Test
    void itsCardIsOnTheBridgeForAsLongAsItIsThere() {
        Tool.requireRoot();
        String bridge = "ebq" + ProcessHandle.current().pid() % 1_000_000;
        Tool.check(List.of("ip", "link", "add", bridge, "mtu", "9000", "type", "bridge"));
        try {
            lab.boot(new GuestNic("bridge:" + bridge, MAC));
            Path ports = Path.of("/sys/class/net", bridge, "brif");
            String[] taps = ports.toFile().list();
            assertThat(taps).hasSize(1);
            assertThat(Tool.textOf(Path.of("/sys/class/net", taps[0], "mtu")).strip())
                    .isEqualTo("9000");
            MachineLab.signal("KILL", lab.pid("a"));
            Tool.await(
                    "the tap is gone",
                    MachineLab.TIMEOUT,
                    () -> !Files.exists(Path.of("/sys/class/net", taps[0])));
        } finally {
            Tool.check(List.of("ip", "link", "del", bridge));
        }
    }

    private static void refused(ErrorCode code, String text, Runnable what) {
        assertThatThrownBy(what::run)
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        failure -> assertThat(failure.code()).isEqualTo(code))
                .hasMessageContaining(text);
    }
}
