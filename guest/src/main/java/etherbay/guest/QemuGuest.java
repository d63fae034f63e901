// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A booted Linux guest that runs our shell commands, over virtio-serial: no network needed. Thread
 * safe: up to {@value #CHANNEL_COUNT} commands run side by side, further ones wait their turn.
 */
public final class QemuGuest implements AutoCloseable {
    private static final int CHANNEL_COUNT = 4;
    private static final byte[] NO_INPUT = {};
    private static final Duration RUN_TIMEOUT_DEFAULT = Duration.ofSeconds(60);
    private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(20);

    private final QemuProcess process;
    private final BlockingQueue<CommandChannel> idle = new ArrayBlockingQueue<>(CHANNEL_COUNT);
    private final List<CommandChannel> channels = new ArrayList<>();
    private final Duration bootTime;

    private QemuGuest(QemuProcess process, Path folder, Duration timeout) {
        this.process = process;
        long startNs = System.nanoTime();
        for (int i = 1; i <= CHANNEL_COUNT; i++) {
            channels.add(connected(folder.resolve("agent" + i)));
        }
        for (CommandChannel channel : channels) {
            within(timeout, "the guest does not boot", channel, () -> {
                channel.awaitReady();
                return "";
            });
            idle.add(channel);
        }
        this.bootTime = Duration.ofNanos(System.nanoTime() - startNs);
    }

    /**
     * Starts {@code command} (an {@link Initramfs} with module {@code virtio_console}) and waits
     * until it takes commands.
     *
     * @throws EtherbayException with the end of the console when it does not within {@code timeout}
     */
    public static QemuGuest boot(QemuCommand command, Duration timeout) {
        Path folder = QemuProcess.newFolder();
        QemuProcess process = QemuProcess.start(command, folder, channelArguments(folder));
        boolean booted = false;
        try {
            QemuGuest guest = new QemuGuest(process, folder, timeout);
            booted = true;
            return guest;
        } finally {
            if (!booted) {
                process.close();
            }
        }
    }

    private static List<String> channelArguments(Path folder) {
        List<String> arguments = new ArrayList<>(List.of("-device", "virtio-serial-pci"));
        for (int i = 1; i <= CHANNEL_COUNT; i++) {
            String socket = QemuCommand.escaped(folder.resolve("agent" + i));
            arguments.addAll(List.of(
                    "-chardev", "socket,server=on,wait=off,id=agent" + i + ",path=" + socket));
            arguments.addAll(List.of("-device", "virtserialport,chardev=agent" + i + ",nr=" + i));
        }
        return arguments;
    }

    /** As {@link #run(String, byte[], Duration)} without input, for up to a minute. */
    public GuestRun run(String command) {
        return run(command, NO_INPUT, RUN_TIMEOUT_DEFAULT);
    }

    /** As {@link #run(String, byte[], Duration)} without input. */
    public GuestRun run(String command, Duration timeout) {
        return run(command, NO_INPUT, timeout);
    }

    /**
     * Runs {@code command} by the guest's {@code sh} with {@code input} as its standard input and
     * waits for its end.
     *
     * @throws EtherbayException when it does not end within {@code timeout} or the guest ends; the
     *     command may then still run, and its channel is lost
     */
    public GuestRun run(String command, byte[] input, Duration timeout) {
        CommandChannel channel = takeChannel(timeout);
        GuestRun run = within(
                timeout, "in the guest: " + command, channel, () -> channel.run(command, input));
        idle.add(channel);
        return run;
    }

    /** Runs {@code command}, and makes a failing exit code an error. @return its output as text */
    public String check(String command, Duration timeout) {
        GuestRun run = run(command, timeout);
        if (run.exitCode() != 0) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "in the guest: " + command + ": exit code " + run.exitCode(),
                    run.text(),
                    "see the guest's console:\n" + process.lastWords());
        }
        return run.text();
    }

    /** As {@link #check(String, Duration)}, for up to a minute. */
    public String check(String command) {
        return check(command, RUN_TIMEOUT_DEFAULT);
    }

    /** From QEMU's start until the guest took commands. */
    public Duration bootTime() {
        return bootTime;
    }

    /** The machine below: console, life, pid. */
    public QemuProcess process() {
        return process;
    }

    /** Pulls the plug (SIGKILL to QEMU). Commands in flight fail. */
    public void kill() {
        process.kill();
    }

    @Override
    public void close() {
        channels.forEach(CommandChannel::close);
        process.close();
    }

    private CommandChannel connected(Path socket) {
        long deadlineNs = System.nanoTime() + SOCKET_TIMEOUT.toNanos();
        while (process.isAlive() && System.nanoTime() - deadlineNs < 0) {
            if (Files.exists(socket)) {
                try {
                    return CommandChannel.connect(socket);
                } catch (IOException e) {
                    QemuProcess.pause(); // bound, but not yet listening
                }
            } else {
                QemuProcess.pause();
            }
        }
        throw failed("QEMU does not start", "it made no command channel");
    }

    private CommandChannel takeChannel(Duration timeout) {
        try {
            CommandChannel channel = idle.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (channel != null) {
                return channel;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw failed(
                "no free command channel to the guest", CHANNEL_COUNT + " commands hang or run");
    }

    /** Runs a blocking exchange on its own thread, so that a deadline can cut it off. */
    private <T> T within(
            Duration timeout, String what, CommandChannel channel, Callable<T> exchange) {
        FutureTask<T> task = new FutureTask<>(exchange);
        Thread.startVirtualThread(task);
        try {
            return task.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            channel.close();
            throw failed(what, "no end within " + timeout.toMillis() + " ms");
        } catch (ExecutionException e) {
            channel.close();
            throw failed(what, String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            channel.close();
            Thread.currentThread().interrupt();
            throw failed(what, "the thread was interrupted");
        }
    }

    private EtherbayException failed(String what, String why) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                what,
                why + "\n" + process.lastWords(),
                "see the console above for what the guest lacked");
    }
}
