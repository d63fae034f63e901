// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.node.ExportSpec;
import etherbay.node.Node;
import etherbay.node.NodeOptions;
import etherbay.node.NodeSettings;
import etherbay.target.ExportSettings;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * {@code bench serve}: a node as the daemon runs it, that also says what its threads have
 * allocated. Export number n is {@link #address}; ends with its standard input.
 */
@Command(
        name = "serve",
        description = "Serves files as exports of one node; for the other benches.",
        mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
    static final String SERVING = "serving";
    static final String ASK_ALLOCATED = "allocated";
    private static final int SLOTS_OF_SHELF = 128;
    private static final int QUEUE_LENGTH = 256;

    @Parameters(index = "0", paramLabel = "INTERFACE")
    private String interfaceName = "";

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "FILE[,direct][,sync]")
    private List<String> files = List.of();

    @Option(names = "--state", required = true, description = "folder of the exports' state")
    private Path state = Path.of("");

    @Option(names = "--queue-length", description = "of each export (default 256)")
    private int queueLength = QUEUE_LENGTH;

    /** Where export {@code index} is served. */
    static Address address(int index) {
        return new Address(1 + index / SLOTS_OF_SHELF, index % SLOTS_OF_SHELF);
    }

    @Override
    public Integer call() throws IOException {
        List<ExportSpec> specs = new ArrayList<>();
        for (String file : files) {
            specs.add(spec(specs.size(), file));
        }
        AllocatedBytes allocated = AllocatedBytes.ofThreadsFromNow();
        try (Node node = Node.start(
                new NodeSettings(state, List.of(), specs),
                new NodeOptions("bench", false, Optional.empty()),
                line -> {})) {
            node.failure().exceptionally(bug -> {
                Bench.die(bug);
                return null;
            });
            say(SERVING);
            answer(allocated);
        }
        return 0;
    }

    private ExportSpec spec(int index, String text) {
        List<String> words = List.of(text.split(",", -1));
        Address address = address(index);
        ExportSettings settings = ExportSettings.of(address.shelf(), address.slot())
                .withQueueLength(queueLength)
                .withWriteCache(!words.contains("sync"));
        return new ExportSpec(
                settings,
                List.of(interfaceName),
                Path.of(words.getFirst()),
                Optional.of(words.contains("direct")),
                0,
                0);
    }

    private static void answer(AllocatedBytes allocated) throws IOException {
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.equals(ASK_ALLOCATED)) {
                say(String.valueOf(allocated.now()));
            }
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
