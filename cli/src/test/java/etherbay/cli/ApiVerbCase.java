// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.Administration;
import etherbay.admin.Documents;
import etherbay.admin.TaskKind;
import etherbay.admin.TaskRun;
import etherbay.admin.http.ApiServer;
import etherbay.admin.http.ApiSettings;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

import picocli.CommandLine;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** A real server over a node that is made up, and verbs that ask it. */
abstract class ApiVerbCase {
    static final int DEVIATES = ErrorCode.DEVIATES.exitCode();

    @TempDir
    Path folder;

    final MadeUpNode node = new MadeUpNode();
    final StringWriter out = new StringWriter();
    final StringWriter err = new StringWriter();
    final CountDownLatch taskMayEnd = new CountDownLatch(1);

    @SuppressWarnings("NullAway.Init") // set before each test
    Administration parts;

    @SuppressWarnings("NullAway.Init") // set before each test
    private ApiServer server;

    @BeforeEach
    void start() throws IOException {
        Files.createDirectories(folder.resolve("run"));
        parts = Administration.open(node, folder, node, () -> {}, line -> {});
        parts.tasks().register(new Copy());
        server = ApiServer.start(
                ApiSettings.unix(folder.resolve("run/api.sock"), folder.resolve("tokens"))
                        .withTcp(
                                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                                Optional.empty()),
                parts);
        parts.watch().look();
    }

    @AfterEach
    void stop() {
        taskMayEnd.countDown();
        server.close();
        parts.close();
    }

    /** The daemon is gone from here on; {@link #stop} may come as well. */
    final void end() {
        server.close();
    }

    /** Over the daemon's socket. */
    final int run(String... words) {
        return run(List.of(words), List.of("--state", folder.toString()));
    }

    /** Over TCP, with what a file says for a token. */
    final int runRemote(Path tokenFile, String... words) {
        String url = "http://127.0.0.1:" + server.tcpPort();
        return run(List.of(words), List.of("--node", url, "--token-file", tokenFile.toString()));
    }

    private int run(List<String> words, List<String> where) {
        List<String> all = new ArrayList<>(words);
        all.addAll(where);
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return line.execute(all.toArray(String[]::new));
    }

    final List<String> lines() {
        return out.toString().lines().toList();
    }

    final Map<?, ?> document() {
        return (Map<?, ?>) Documents.read(out.toString(), "what was printed");
    }

    final List<?> list() {
        return (List<?>) Documents.read(out.toString(), "what was printed");
    }

    /** Fails when the test lets it end. */
    private final class Copy implements TaskKind {
        @Override
        public String name() {
            return "copy";
        }

        @Override
        public void run(TaskRun run) throws InterruptedException {
            taskMayEnd.await();
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND, "the copy failed", "the disk is gone", "bring it back");
        }
    }
}
