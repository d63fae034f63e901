// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.NodeReport.Guest;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import picocli.CommandLine.Command;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** {@code etherbay guest console}: the serial console of a guest, on the node that has it. */
@Command(
        name = "console",
        description = {
            "Be at the serial console of a guest. Ctrl-] ends it; one at a time. On the node that",
            "has the guest."
        },
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class GuestConsoleCommand extends GuestCommand.One {
    private static final int LEAVE = 0x1d; // Ctrl-]

    @Override
    int ask(ApiClient client) {
        String text = client.get(GuestCommand.path(name())).text();
        Guest guest = Documents.read(text, "the guest", Guest.class);
        if (guest.console().isEmpty() || api().isRemote()) {
            throw new EtherbayException(
                    ErrorCode.CONFLICT,
                    "guest " + name() + " has no console here",
                    guest.console().isEmpty()
                            ? "it is " + guest.state()
                                    + (guest.place().isEmpty() ? "" : " on " + guest.place())
                            : "another machine has it",
                    "ask where it runs: etherbay guest list");
        }
        boolean terminal = stty("raw", "-echo");
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(Path.of(guest.console())));
            Thread typing = Thread.ofPlatform()
                    .daemon()
                    .start(() -> type(System.in, Channels.newOutputStream(channel), channel));
            Channels.newInputStream(channel).transferTo(System.out);
            typing.interrupt();
        } catch (IOException ended) {
            // The console is gone, or was left: what was seen was seen.
        } finally {
            if (terminal) {
                stty("sane");
            }
        }
        return 0;
    }

    private static void type(InputStream keys, OutputStream to, SocketChannel channel) {
        try (channel) {
            for (int key = keys.read(); key >= 0 && key != LEAVE; key = keys.read()) {
                to.write(key);
            }
        } catch (IOException ended) {
            // The other side says why.
        }
    }

    /** Of the terminal that this is at. @return whether it is at one */
    private static boolean stty(String... arguments) {
        if (!System.console().isTerminal()) {
            return false;
        }
        try {
            ProcessBuilder stty = new ProcessBuilder("stty");
            stty.command().addAll(java.util.List.of(arguments));
            return stty.inheritIO().start().waitFor() == 0;
        } catch (IOException none) {
            return false;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
