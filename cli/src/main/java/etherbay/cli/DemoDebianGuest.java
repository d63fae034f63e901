// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.NodeReport.Guest;
import etherbay.guest.Accelerator;
import etherbay.guest.image.GuestImage;
import etherbay.guest.image.ImageDestination;
import etherbay.guest.image.ImageSource;
import etherbay.guest.image.Login;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * A Debian that is made of its packages and starts from its disk. We log in at its console as
 * anybody would, and make the writer a service of it, which keeps its records in a file.
 */
final class DemoDebianGuest implements DemoGuest {
    private static final String SUITE = "bookworm";
    private static final long DISK_BYTES = 2L << 30;
    /** Less than the disk, by more than the mirror keeps for itself. */
    private static final long IMAGE_BYTES = DISK_BYTES - (64L << 20);

    private static final Duration BOOT_TIMEOUT = Duration.ofMinutes(10);
    private static final Duration ANSWER_TIMEOUT = Duration.ofMinutes(2);

    /** Of what is typed at once: less than the 4096 that a terminal of Linux takes in a line. */
    private static final int TYPED_CHARS = 800;

    private static final String UNIT = """
            [Unit]
            Description=Writes records, and says so on the console
            [Service]
            Type=idle
            ExecStartPre=dmesg -n 4
            ExecStart=sh -c 'exec sh /srv/writer >/dev/console 2>&1'
            [Install]
            WantedBy=multi-user.target
            """;

    private final String password = UUID.randomUUID().toString();
    private int answered;

    @Override
    public long diskBytes() {
        return DISK_BYTES;
    }

    @Override
    public Duration bootTimeout() {
        return BOOT_TIMEOUT;
    }

    /** Made here and not by the node: in its namespace Debian's mirrors cannot be reached. */
    @Override
    public DemoSeen prepare(DemoLab lab, Consumer<String> told) {
        DemoLab.makeSparse(image(lab), IMAGE_BYTES);
        String[] said = {""};
        new GuestImage(new ImageSource.Debian(SUITE), DemoLab.GUEST, new Login("", password))
                .write(
                        ImageDestination.file(image(lab), IMAGE_BYTES),
                        lab.folder(),
                        (step, percent) -> {
                            if (!step.equals(said[0])) {
                                told.accept(step);
                                said[0] = step;
                            }
                        });
        Accelerator accelerator = Accelerator.probe();
        return DemoSeen.of("Debian %s, of its packages, run by %s".formatted(SUITE, accelerator))
                .with("suite", SUITE)
                .with("accelerator", accelerator.name());
    }

    private static Path image(DemoLab lab) {
        return lab.folder().resolve("debian.img");
    }

    @Override
    public List<String> options(DemoLab lab) {
        return List.of("--image", "" + image(lab), "--memory", "512M");
    }

    @Override
    public void begin(DemoLab lab, DemoNode host, Consumer<String> told) {
        DemoConsole console = lab.console();
        told.accept("it boots from its disk");
        DemoLab.until("its login", BOOT_TIMEOUT, () -> console.waitsAt("login:"));
        told.accept("logging in, to make the writer a service");
        Path socket = host.guests().stream()
                .map(Guest::console)
                .map(Path::of)
                .findFirst()
                .orElseThrow(() -> DemoRun.wrong("the guest has no console", "" + host.guests()));
        try (SocketChannel typing = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            typing.connect(UnixDomainSocketAddress.of(socket));
            Thread.ofVirtual().name("demo-console-rest").start(() -> discard(typing));
            type(typing, "root");
            DemoLab.until(
                    "it asks for a password", ANSWER_TIMEOUT, () -> console.waitsAt("Password:"));
            type(typing, password);
            DemoLab.until("its shell", ANSWER_TIMEOUT, () -> console.waitsAt(":~#"));
            for (String command : commands()) {
                type(typing, command + "; echo answer-$((" + answered + " + 1))");
                String answer = "answer-" + ++answered;
                DemoLab.until(
                        command,
                        ANSWER_TIMEOUT,
                        () -> console.last().stream().anyMatch(line -> line.endsWith(answer)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> commands() {
        List<String> commands = new ArrayList<>();
        commands.add("stty -echo");
        commands.add("dd if=/dev/zero of=/srv/records bs=1M count=20 conv=fsync");
        commands.addAll(file("/srv/writer", DemoWriter.script("/srv/records")));
        commands.addAll(file("/etc/systemd/system/writer.service", UNIT));
        commands.add("sync");
        commands.add("systemctl enable --now writer");
        return commands;
    }

    /** Commands that make a file of text, each short enough for a terminal. */
    private static List<String> file(String path, String text) {
        String coded = Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
        List<String> commands = new ArrayList<>();
        for (int at = 0; at < coded.length(); at += TYPED_CHARS) {
            String part = coded.substring(at, Math.min(coded.length(), at + TYPED_CHARS));
            commands.add("echo %s >>/run/coded".formatted(part));
        }
        commands.add("base64 -d /run/coded >" + path);
        commands.add("rm /run/coded");
        return commands;
    }

    /** The console's file has it too; but who connects and does not read stops the guest. */
    private static void discard(SocketChannel channel) {
        ByteBuffer bytes = ByteBuffer.allocate(4096);
        try {
            while (channel.read(bytes.clear()) >= 0) {
                // Nothing to do with it.
            }
        } catch (IOException closed) {
            // All was typed.
        }
    }

    private static void type(SocketChannel channel, String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
