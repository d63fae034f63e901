// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.Frame;
import etherbay.base.Loop;
import etherbay.base.MacAddress;
import etherbay.base.Segment;
import etherbay.sim.IdleClock;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** The client against a target that is a few lines of the test, in time that the test moves. */
class AoeClientTest {
    private static final MacAddress CLIENT = new MacAddress(0x0200_0000_0a01L);
    private static final MacAddress SECOND = new MacAddress(0x0200_0000_0a02L);
    private static final MacAddress TARGET = new MacAddress(0x0200_0000_0b01L);
    private static final DiskAddress DISK = new DiskAddress(1, 0);
    private static final Station STATION = new Station(TARGET, DISK);
    private static final long MS = 1_000_000;

    private final IdleClock clock = new IdleClock();
    private final Loop loop = new Loop("test", clock, clock, 0);
    private final Segment segment = new Segment(clock, 1500, new Counters());
    private final EthernetPort port = segment.port("client", CLIENT, () -> {});
    private final EthernetPort target = segment.port("target", TARGET, () -> {});
    private final List<MemorySegment> seen = new ArrayList<>();
    private BiConsumer<AoeClientTest, MemorySegment> answer = (test, request) -> {};
    private final AoeClient client;

    AoeClientTest() {
        loop.add(port);
        loop.add(target);
        target.onFrames(this::onRequest);
        client = new AoeClient(loop, port, new AoeClient.Patience(10 * MS, 3), 7);
    }

    @AfterEach
    void close() {
        port.close();
        target.close();
    }

    private void onRequest(Frame frame) {
        MemorySegment copy = MemorySegment.ofArray(new byte[frame.bytes()]);
        MemorySegment.copy(frame.memory(), frame.at(), copy, 0, frame.bytes());
        seen.add(copy);
        answer.accept(this, copy);
    }

    private void send(MemorySegment message) {
        Frame frame = target.claim((int) message.byteSize());
        if (frame == null) {
            throw new AssertionError("a port has frames for a test");
        }
        MemorySegment.copy(message, 0, frame.memory(), frame.at(), message.byteSize());
        target.commit(frame);
    }

    private void reply(MemorySegment request, int slot) {
        send(AoeFrames.replyTo(request, TARGET, 1, slot)
                .config(new ConfigHeader.Fields(16, 1, 2, 1, 0, 0), new byte[0]));
    }

    @Test
    void theFirstAnswerIsTaken() {
        answer = (test, request) -> test.reply(request, 0);
        Reply reply = client.ask(STATION, AoeFrames::configQuery).orElseThrow();
        assertThat(reply.from()).isEqualTo(TARGET);
        assertThat(reply.disk()).isEqualTo(DISK);
        assertThat(reply.config().orElseThrow().bufferCount()).isEqualTo(16);
        assertThat(seen).hasSize(1);
    }

    @Test
    void everyTransmissionHasATagOfItsOwnWithBit31() {
        assertThat(client.ask(STATION, AoeFrames::configQuery)).isEmpty();
        List<Integer> tags = seen.stream().map(frame -> AoeHeader.tag(frame, 0)).toList();
        assertThat(tags).hasSize(3).doesNotHaveDuplicates().allMatch(tag -> tag < 0);
        assertThat(clock.nanoTime() - 1_000_000 * MS).isEqualTo((10 + 20 + 40) * MS);
    }

    @Test
    void anAnswerToAnEarlierTransmissionOfTheSameRequestCounts() {
        answer = (test, request) -> {
            if (test.seen.size() == 2) {
                test.reply(test.seen.getFirst(), 0);
            }
        };
        assertThat(client.ask(STATION, AoeFrames::configQuery)).isPresent();
        assertThat(seen).hasSize(2);
    }

    @Test
    void anAnswerToAFormerRequestIsNotTakenForOneToThis() {
        client.ask(STATION, AoeFrames::configQuery);
        MemorySegment former = seen.getFirst();
        answer = (test, request) -> test.reply(former, 0);
        assertThat(client.ask(STATION, AoeFrames::configQuery)).isEmpty();
    }

    @Test
    void aFrameWithoutTheResponseFlagIsNoAnswer() {
        answer = (test, request) -> {
            MemorySegment echo = AoeFrames.request(CLIENT, TARGET, 1, 0, AoeHeader.tag(request, 0))
                    .configQuery();
            test.send(echo);
        };
        assertThat(client.ask(STATION, AoeFrames::configQuery)).isEmpty();
        List<MemorySegment> frame = List.of(client.build(CLIENT, STATION, AoeFrames::configQuery));
        assertThat(client.exchange(frame, 10 * MS, 1)).as("but it is seen").hasSize(1);
    }

    @Test
    void allWhoAnswerABroadcastAreCollected() {
        answer = (test, request) -> {
            test.reply(request, 0);
            test.reply(request, 7);
        };
        List<Reply> replies =
                client.collect(Station.anywhere(DiskAddress.ALL), AoeFrames::configQuery, 50 * MS);
        assertThat(replies)
                .extracting(Reply::disk)
                .containsExactly(new DiskAddress(1, 0), new DiskAddress(1, 7));
        assertThat(clock.nanoTime() - 1_000_000 * MS).isEqualTo(50 * MS);
    }

    @Test
    void aSecondAddressAsksAndHears() {
        client.addSource(SECOND);
        answer = (test, request) -> test.reply(request, 0);
        Reply reply = client.ask(SECOND, STATION, AoeFrames::configQuery).orElseThrow();
        assertThat(reply.ethernet().dst()).isEqualTo(SECOND);
    }

    @Test
    void strangeFramesAreOverheardOnlyWhenAskedFor() {
        answer = (test, request) ->
                test.send(AoeFrames.replyTo(request, TARGET, 1, 0).tagged(0).configQuery());
        List<MemorySegment> frame = List.of(client.build(CLIENT, STATION, AoeFrames::configQuery));
        assertThat(client.exchange(frame, 10 * MS, 1)).isEmpty();
        assertThat(client.overhear(frame, 10 * MS)).hasSize(1);
    }

    @Test
    void aReplyCutBehindTheCommonHeaderHasNoArgument() {
        answer = (test, request) -> test.send(AoeFrames.replyTo(request, TARGET, 1, 0)
                .refused(AoeHeader.ERROR_COMMAND)
                .configQuery()
                .asSlice(0, AoeHeader.END));
        Reply reply = client.ask(STATION, AoeFrames::configQuery).orElseThrow();
        assertThat(reply.refusal()).contains(AoeHeader.ERROR_COMMAND);
        assertThat(reply.config()).isEmpty();
        assertThat(reply.data()).isEmpty();
    }
}
