// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.Counters;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.base.PortAddress;
import etherbay.base.SocketPort;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.linux.PacketPort;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A packet port with a loop and a thread of its own: one end of a measurement. */
final class Station {
    private final LinuxIdler idler = new LinuxIdler();
    private final Loop loop;
    private final EthernetPort port;

    /**
     * Opens a NIC, or {@code unix:PATH}; the caller sets it up, then calls {@link #start}.
     *
     * @param spinNs how long its loop looks for work before it sleeps
     */
    Station(String interfaceName, long spinNs) {
        loop = new Loop("bench " + interfaceName, Linux.clock(), idler, spinNs);
        port = switch (PortAddress.parse(interfaceName)) {
            case PortAddress.Nic nic ->
                PacketPort.open(nic.name(), idler, new Counters(), PacketPort.Options.DEFAULT);
            case PortAddress.UnixSocket socket ->
                new SocketPort(
                        SocketPort.Settings.of(socket, Linux.clock()),
                        Linux.clock(),
                        loop::wakeUp,
                        new Counters());
        };
        loop.add(port);
    }

    Loop loop() {
        return loop;
    }

    EthernetPort port() {
        return port;
    }

    /** Begins to turn; a bug that ends the loop ends the process. @return the loop's thread */
    Thread start() {
        return loop.start((thread, bug) -> Bench.die(bug));
    }

    /** Runs one workload and waits for what it saw; not on the loop's thread. */
    LoadResult run(LoadGenerator generator, Workload workload) {
        CompletableFuture<LoadResult> result = new CompletableFuture<>();
        loop.mailbox().offer(() -> generator.start(workload, result::complete));
        try {
            return result.get();
        } catch (ExecutionException bug) {
            throw new IllegalStateException(bug);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the load on " + port.name() + " was interrupted",
                    "someone ended the bench",
                    "run it again");
        }
    }
}
