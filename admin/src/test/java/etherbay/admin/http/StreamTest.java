// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.Administration;
import etherbay.admin.ApiClient;
import etherbay.admin.NodeReport.Interface;
import etherbay.admin.Reports;
import etherbay.admin.Role;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/** What those hear who listen, turned by hand. */
@Timeout(120)
final class StreamTest {
    @TempDir
    private Path folder;

    private ApiLab lab;

    @BeforeEach
    void start() {
        lab = new ApiLab(folder);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    /** A listener whose messages can be waited for. */
    private BlockingQueue<ApiClient.Message> listen() throws InterruptedException {
        BlockingQueue<ApiClient.Message> heard = new ArrayBlockingQueue<>(10_000);
        Thread.ofVirtual()
                .start(() -> ApiClient.unix(lab.socket()).stream(message -> {
                    return heard.offer(message);
                }));
        assertThat(next(heard, "hello").data()).contains("\"name\":\"node1\"");
        return heard;
    }

    private static ApiClient.Message next(BlockingQueue<ApiClient.Message> heard, String event)
            throws InterruptedException {
        while (true) {
            ApiClient.Message message = heard.poll(30, TimeUnit.SECONDS);
            assertThat(message).as(event).isNotNull();
            if (message.event().equals(event)) {
                return message;
            }
        }
    }

    @Test
    void aChangeIsHeardAsTheThingTheEventAndTheHealth() throws InterruptedException {
        BlockingQueue<ApiClient.Message> heard = listen();
        lab.node().parts = Reports.healthy()
                .interfaces(new Interface("eth0", "02:00:00:00:00:01", 9000, false, 0));
        lab.turn(500);
        List<String> events = new ArrayList<>();
        for (ApiClient.Message it = heard.poll(30, TimeUnit.SECONDS);
                !it.event().equals("live");
                it = heard.poll(30, TimeUnit.SECONDS)) {
            events.add(it.event() + " " + it.data());
        }
        assertThat(events).anyMatch(it -> it.startsWith("event ") && it.contains("LINK_DOWN"));
        assertThat(events)
                .anyMatch(it -> it.startsWith(
                        "changed {\"kind\":\"interface\",\"name\":\"eth0\",\"object\":{\"name\":"));
        assertThat(events).anyMatch(it -> it.startsWith("health ") && it.contains("degraded"));
        lab.node().parts = Reports.healthy().interfaces(new Interface[0]);
        lab.turn(500);
        assertThat(next(heard, "gone").data())
                .isEqualTo("{\"kind\":\"interface\",\"name\":\"eth0\"}");
    }

    @Test
    void onlyTrafficIsToldAsRatesAndOnceItsEnd() throws InterruptedException {
        lab.turn(1000);
        BlockingQueue<ApiClient.Message> heard = listen();
        lab.node().parts = Reports.healthy().exports(Reports.export("e0.0", 600));
        lab.turn(1000);
        assertThat(next(heard, "live").data())
                .contains("\"name\":\"e0.0\",\"readIops\":500,\"writeIops\":250,")
                .contains("\"readBytesPerSecond\":2048000", "\"readP99Us\":200");
        lab.turn(1000);
        assertThat(next(heard, "live").data()).contains("\"readIops\":0");
        lab.turn(1000);
        assertThat(next(heard, "live").data()).endsWith("\"exports\":[]}");
        assertThat(heard.stream().map(ApiClient.Message::event)).doesNotContain("changed");
    }

    @Test
    void aPassOverAMirrorIsATaskAndABeatComesEveryFiveSeconds() throws InterruptedException {
        BlockingQueue<ApiClient.Message> heard = listen();
        lab.node().parts = Reports.healthy()
                .mirrors(Reports.mirror(
                        "vm1",
                        Reports.progress("resync", 10, 1_000_000),
                        Reports.leg("e1.0", "in sync", "a"),
                        Reports.leg("e2.0", "recovering", "b")));
        lab.turn(500);
        assertThat(next(heard, "task").data()).contains("mirror-resync", "mirror vm1", "running");
        lab.node().parts = Reports.healthy();
        lab.turn(6000);
        assertThat(next(heard, "task").data()).contains("\"state\":\"done\"");
        assertThat(next(heard, "beat").data()).startsWith("{\"atMs\":");
    }

    /** A hundred listen; one of them does not read, and is cut off without a word to the others. */
    @Test
    void aHundredListenAndOneThatDoesNotReadIsCutOff() throws Exception {
        List<BlockingQueue<ApiClient.Message>> all = new ArrayList<>();
        for (int count = 0; count < 99; count++) {
            all.add(listen());
        }
        try (SocketChannel deaf = SocketChannel.open(UnixDomainSocketAddress.of(lab.socket()))) {
            deaf.write(ByteBuffer.wrap(ApiLab.request("GET", "/api/v1/stream", "")
                    .getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer first = ByteBuffer.allocate(16);
            deaf.read(first);
            assertThat(lab.server().streamCount()).isEqualTo(100);
            String long1 = "x".repeat(8 << 10);
            int told = 0;
            while (lab.server().streamCount() == 100) {
                assertThat(told++).as("messages until it is cut off").isLessThan(500);
                lab.parts().events().add(Reports.NOW_MS, "info", "TEST", "node", long1);
                for (BlockingQueue<ApiClient.Message> heard : all) {
                    next(heard, "event");
                }
            }
            assertThat(lab.server().streamCount()).isEqualTo(99);
            ends(deaf);
        }
    }

    @Test
    void whoAsksForTheHeadOnlyTakesNoPlace() throws IOException {
        RawAnswer head = lab.unix("HEAD", "/api/v1/stream", "");
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("Content-Type")).isEqualTo("text/event-stream");
        assertThat(lab.server().streamCount()).isZero();
    }

    @Test
    void whoAsksBeforeTheFirstLookIsToldToAskAgain() throws IOException {
        Path socket = folder.resolve("early.sock");
        ApiSettings settings = ApiSettings.unix(socket, folder.resolve("tokens"));
        try (Administration parts = Administration.open(
                        lab.node(), folder.resolve("early"), lab.node(), () -> {}, line -> {});
                ApiServer early = ApiServer.start(settings, parts)) {
            RawAnswer answer = ApiLab.ask(
                    UnixDomainSocketAddress.of(socket),
                    ApiLab.request("GET", "/api/v1/stream", ""));
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.text()).contains("\"code\":\"UNAVAILABLE\"", "ask again");
            assertThat(early.streamCount()).isZero();
        }
    }

    @Test
    void whoseTokenIsTakenOutHearsNothingMoreAndTheOthersDo() throws IOException {
        try (SocketChannel stays = listenWith(lab.token(Role.VIEWER));
                SocketChannel goes = listenWith(lab.token(Role.OPERATOR))) {
            new Tokens(folder.resolve("tokens")).remove("test-OPERATOR");
            assertThat(lab.server().streamCount()).isEqualTo(2);
            lab.turn(6000);
            ends(goes);
            assertThat(lab.server().streamCount()).isOne();
            assertThat(stays.isConnected()).isTrue();
        }
    }

    private SocketChannel listenWith(String token) throws IOException {
        SocketChannel channel = SocketChannel.open(lab.tcpAddress());
        String header = "Authorization: Bearer " + token;
        channel.write(ByteBuffer.wrap(ApiLab.request("GET", "/api/v1/stream", "", header)
                .getBytes(StandardCharsets.US_ASCII)));
        channel.read(ByteBuffer.allocate(16));
        return channel;
    }

    private static void ends(SocketChannel channel) {
        ByteBuffer in = ByteBuffer.allocate(64 << 10);
        try {
            while (channel.read(in) >= 0) {
                in.clear();
            }
        } catch (IOException cut) {
            return; // also an end
        }
    }
}
