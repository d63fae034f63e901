// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An Ethernet without privileges: a process that passes frames on between Unix sockets. */
final class DemoSegment implements DemoNetwork {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);

    private final DemoPorts ports;
    private final Path socket;
    private final DemoChild process;
    private final String why;

    private DemoSegment(DemoPorts ports, Path socket, DemoChild process, String why) {
        this.ports = ports;
        this.socket = socket;
        this.process = process;
        this.why = why;
    }

    /**
     * Starts one.
     *
     * @param nodeCount how many nodes will listen on this machine's own address
     * @param why it is this kind of network, in words
     */
    static DemoSegment start(Path folder, int nodeCount, String why) {
        Path socket = folder.resolve("segment.sock");
        DemoChild process = DemoChild.start(
                "segment",
                folder.resolve("segment.log"),
                List.of(),
                List.of("segment", "run", "unix:" + socket, "--mtu", "" + MTU_BYTES));
        DemoSegment segment = new DemoSegment(DemoPorts.free(nodeCount), socket, process, why);
        process.await(" listens", START_TIMEOUT);
        return segment;
    }

    DemoChild process() {
        return process;
    }

    @Override
    public String interfaceName() {
        return "unix:" + socket;
    }

    @Override
    public List<String> prefix(int node) {
        return List.of();
    }

    @Override
    public String host(int node) {
        return "127.0.0.1";
    }

    @Override
    public int port(int node) {
        return ports.port(node - 1);
    }

    @Override
    public String page(int node) {
        return "https://127.0.0.1:" + port(node);
    }

    @Override
    public DemoSeen seen() {
        return DemoSeen.of(
                        "a switch of ours at unix:%s, MTU %d; %s".formatted(socket, MTU_BYTES, why))
                .with("network", "segment")
                .with("mtuBytes", MTU_BYTES);
    }

    @Override
    public void close() {
        process.kill();
    }
}
