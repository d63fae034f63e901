// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.guest.Accelerator;
import etherbay.guest.Arch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * QEMU, a process for each guest, told by its machine protocol. Nothing is known here that does not
 * stand in the guest's folder or is asked of its QEMU: another instance on the same folder, in
 * another process too, finds all as it is. Any thread.
 *
 * <p>Beyond the contract: a guest whose disk fails is BROKEN, its processors stopped before the
 * system inside hears of the error; {@link #resume} has the failed request tried again. A paused
 * guest may be sent, is PAUSED meanwhile, then SWITCHING, and PAUSED again when that is cancelled.
 */
public final class QemuHypervisor implements Hypervisor {
    private static final Duration QUIT_TIMEOUT = Duration.ofSeconds(2);

    private final Path folder;
    private final Arch arch;
    private final Accelerator accelerator;
    private final QemuAbilities abilities;
    private final Map<String, QemuMonitor> monitors = new ConcurrentHashMap<>();

    /** With the fastest accelerator that works here; see {@link Accelerator#probe}. */
    public QemuHypervisor(Path folder) {
        this(folder, Accelerator.probe());
    }

    /**
     * @param folder of all guests, one in it for each; absolute, and short: the path of a Unix
     *     socket has at most 107 bytes
     */
    public QemuHypervisor(Path folder, Accelerator accelerator) {
        if (!folder.isAbsolute()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "guests cannot be kept in " + folder,
                    "it is no absolute path",
                    "give one that begins with /");
        }
        this.folder = folder.normalize();
        this.arch = Arch.ofThisMachine();
        this.accelerator = accelerator;
        this.abilities = new QemuAbilities(arch, accelerator);
    }

    @Override
    public Abilities abilities() {
        return abilities.now();
    }

    @Override
    public List<Need> needs(GuestSpec spec) {
        return QemuNeeds.of(spec, abilities());
    }

    @Override
    public Set<String> present() {
        if (!Files.isDirectory(folder)) {
            return Set.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            Set<String> names = new TreeSet<>();
            all.filter(each -> new QemuFolder(each).process().isPresent())
                    .forEach(each -> names.add(each.getFileName().toString()));
            return names;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public Condition condition(String guest) {
        return monitor(guest).condition();
    }

    private QemuMonitor monitor(String guest) {
        GuestSpec.requireName(guest); // it becomes a file's name
        return monitors.computeIfAbsent(
                guest, name -> new QemuMonitor(name, new QemuFolder(folder.resolve(name))));
    }

    @Override
    public void start(GuestSpec spec, Path disk, Start start) {
        QemuMonitor monitor = monitor(spec.name());
        Abilities here = abilities.now();
        QemuArguments arguments =
                new QemuArguments(arch, accelerator, arch.requireEmulator(), monitor.folder());
        new QemuStart(monitor, spec, disk.toAbsolutePath()).run(arguments, here, start);
    }

    @Override
    public String listen(String guest, String host) {
        return new QemuSending(monitor(guest)).listen(host);
    }

    @Override
    public void pause(String guest) {
        QemuMonitor monitor = monitor(guest);
        Condition condition = monitor.require(
                        "paused", Set.of(Condition.RUNNING, Condition.LEAVING, Condition.PAUSED))
                .condition();
        if (condition == Condition.RUNNING) {
            monitor.capabilities(Map.of("late-block-activate", false));
        }
        if (condition != Condition.PAUSED) {
            monitor.execute("stop");
        }
    }

    @Override
    public void resume(String guest) {
        QemuMonitor monitor = monitor(guest);
        QemuCondition seen = monitor.require(
                "resumed",
                Set.of(
                        Condition.RUNNING,
                        Condition.LEAVING,
                        Condition.PAUSED,
                        Condition.LOADED,
                        Condition.SENT,
                        Condition.SWITCHING,
                        Condition.BROKEN));
        switch (seen.condition()) {
            case PAUSED, LOADED, SENT -> monitor.execute("cont");
            case SWITCHING -> {
                cancelSending(guest);
                if (!monitor.condition().runs()) {
                    monitor.execute("cont");
                }
            }
            case BROKEN -> {
                if (!seen.diskFailed()) {
                    throw monitor.unfit("resumed; its reset button helps", Condition.BROKEN);
                }
                monitor.execute("cont");
            }
            case RUNNING, LEAVING, ABSENT, INCOMING, OFF -> {} // it runs; or not allowed above
        }
    }

    @Override
    public void powerOff(String guest) {
        QemuMonitor monitor = monitor(guest);
        monitor.require("switched off by its button", Set.of(Condition.RUNNING));
        monitor.execute("system_powerdown");
    }

    @Override
    public void reset(String guest) {
        QemuMonitor monitor = monitor(guest);
        Condition condition = monitor.require(
                        "reset", Set.of(Condition.RUNNING, Condition.PAUSED, Condition.BROKEN))
                .condition();
        monitor.execute("system_reset");
        if (condition == Condition.BROKEN) {
            monitor.execute("cont");
        }
    }

    @Override
    public void kill(String guest) {
        QemuMonitor monitor = monitor(guest);
        QemuFolder of = monitor.folder();
        if (of.process().isPresent()) {
            quit(monitor);
            of.killProcess();
        }
        of.delete();
    }

    /** Of a guest whose disk is away it waits for that: then SIGKILL follows. */
    private static void quit(QemuMonitor monitor) {
        try {
            monitor.talk(QUIT_TIMEOUT, qmp -> qmp.execute("quit"));
            monitor.folder().awaitEnd(QUIT_TIMEOUT);
        } catch (EtherbayException failure) {
            if (failure.code() != ErrorCode.UNAVAILABLE && failure.code() != ErrorCode.NOT_FOUND) {
                throw failure;
            }
        }
    }

    @Override
    public void send(String guest, String to, Sending how) {
        new QemuSending(monitor(guest)).send(to, how);
    }

    @Override
    public Progress progress(String guest) {
        return new QemuSending(monitor(guest)).progress();
    }

    @Override
    public void finishSending(String guest) {
        new QemuSending(monitor(guest)).finish();
    }

    @Override
    public void cancelSending(String guest) {
        new QemuSending(monitor(guest)).cancel();
    }

    @Override
    public void diskResized(String guest, long bytes) {
        QemuMonitor monitor = monitor(guest);
        monitor.require("told of another size", Set.of(Condition.RUNNING, Condition.PAUSED));
        new QemuDisk(monitor).resized(bytes);
    }

    @Override
    public Path console(String guest) {
        return present(guest).console();
    }

    @Override
    public Path consoleLog(String guest) {
        QemuFolder of = monitor(guest).folder();
        if (!Files.exists(of.consoleLog())) {
            throw absent(guest);
        }
        return of.consoleLog();
    }

    @Override
    public Path screen(String guest) {
        QemuFolder of = present(guest);
        if (!Files.exists(of.screen())) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "the guest " + guest + " has no screen",
                    "it was made without VNC",
                    "look at its console; or make it with --vnc");
        }
        return of.screen();
    }

    private QemuFolder present(String guest) {
        QemuFolder of = monitor(guest).folder();
        Optional<ProcessHandle> process = of.process();
        if (process.isEmpty()) {
            throw absent(guest);
        }
        return of;
    }

    private static EtherbayException absent(String guest) {
        return new EtherbayException(
                ErrorCode.NOT_FOUND,
                "no guest " + guest + " runs here",
                "it was not started, or has ended",
                "see: etherbay guest list");
    }
}
