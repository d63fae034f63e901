// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The messages of another program and of the kernel: {@code strace -xx nbd-client -N e1.0 -unix
 * /tmp/sock /dev/nbd0 -C 2 -timeout 30 -b 512}, nbd-client 3.24 on Linux 6.1. What differs by
 * intent stands at its test: the sequence, the port (ours is 0), the version of the family.
 */
final class GenericNetlinkTest {
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ");
    private static final int SEQUENCE = 1_795_644_551;
    private static final String SEQUENCE_TEXT = "87 5c 07 6b";

    private static final String GET_FAMILY =
            "1c 00 00 00 10 00 05 00 87 5c 07 6b 00 00 00 00 03 01 00 00 08 00 02 00 6e 62 64 00";

    private static final String FAMILY = "b4 00 00 00 10 00 00 00 87 5c 07 6b 00 00 00 00"
            + " 01 02 00 00 08 00 02 00 6e 62 64 00 06 00 01 00 20 00 00 00"
            + " 08 00 03 00 01 00 00 00 08 00 04 00 00 00 00 00 08 00 05 00 0a 00 00 00"
            + " 54 00 06 00 14 00 01 00 08 00 01 00 01 00 00 00 08 00 02 00 0a 00 00 00"
            + " 14 00 02 00 08 00 01 00 02 00 00 00 08 00 02 00 0a 00 00 00"
            + " 14 00 03 00 08 00 01 00 03 00 00 00 08 00 02 00 0a 00 00 00"
            + " 14 00 04 00 08 00 01 00 05 00 00 00 08 00 02 00 0a 00 00 00"
            + " 24 00 07 00 20 00 01 00 08 00 02 00 09 00 00 00"
            + " 11 00 01 00 6e 62 64 5f 6d 63 5f 67 72 6f 75 70 00 00 00 00";

    /** An end: error 0 and the head of the question. */
    private static final String ACKNOWLEDGED = "24 00 00 00 02 00 00 01 87 5c 07 6b 00 00 00 00"
            + " 00 00 00 00 1c 00 00 00 10 00 05 00 87 5c 07 6b 00 00 00 00";

    private static GenericNetlink.Answers read(String... messages) {
        GenericNetlink.Answers answers = new GenericNetlink.Answers(SEQUENCE);
        for (String message : messages) {
            answers.read(buffer(message));
        }
        return answers;
    }

    private static ByteBuffer buffer(String hex) {
        return ByteBuffer.wrap(HEX.parseHex(hex)).order(ByteOrder.nativeOrder());
    }

    @Test
    void theQuestionForAFamilyIsTheOneOfLibnl() {
        NetlinkMessage question = NetlinkMessage.request(
                        Constants.GENL_ID_CTRL, Constants.CTRL_CMD_GETFAMILY, 1)
                .putText(Constants.CTRL_ATTR_FAMILY_NAME, "nbd");
        assertThat(HEX.formatHex(question.toBytes(SEQUENCE))).isEqualTo(GET_FAMILY);
    }

    @Test
    void theKernelsAnswerGivesNumberAndGroups() {
        GenericNetlink.Answers answers = read(FAMILY, ACKNOWLEDGED);
        assertThat(answers.done()).isTrue();
        assertThat(answers.errno()).isZero();
        assertThat(GenericNetlink.family(answers.messages().getFirst()))
                .contains(new GenericNetlink.Family(0x20, Map.of("nbd_mc_group", 9)));
    }

    @Test
    void anAnswerIsCompleteWhenItsEndCameAndNotBefore() {
        assertThat(read(FAMILY).done()).isFalse();
        assertThat(read(ACKNOWLEDGED).done()).isTrue();
        String others = ACKNOWLEDGED.replace(SEQUENCE_TEXT, "88 5c 07 6b");
        assertThat(read(others).done()).as("the end of another answer").isFalse();
    }

    @Test
    void twoMessagesInOneBufferAreTwo() {
        GenericNetlink.Answers answers = read(FAMILY + " " + ACKNOWLEDGED);
        assertThat(answers.done()).isTrue();
        assertThat(answers.messages()).hasSize(1);
    }

    @Test
    void aRefusalSaysWhy() {
        String refusal = ACKNOWLEDGED
                .replace("6b 00 00 00 00 00 00", "6b 00 00 00 00 f0 ff")
                .replace("f0 ff 00 00 1c", "f0 ff ff ff 1c");
        assertThat(read(refusal).errno()).isEqualTo(Errno.EBUSY);
    }

    @Test
    void everyLengthThatDoesNotFitEndsTheReading() {
        byte[] whole = HEX.parseHex(FAMILY);
        for (int length = 0; length < whole.length; length++) {
            GenericNetlink.Answers answers = new GenericNetlink.Answers(SEQUENCE);
            answers.read(ByteBuffer.wrap(whole, 0, length));
            assertThat(answers.messages()).isEmpty();
        }
        for (int at = 20; at < whole.length; at += 2) { // any of these may be a length
            byte[] bent = whole.clone();
            bent[at] = (byte) 0xff;
            bent[at + 1] = (byte) 0xff;
            GenericNetlink.Answers answers = new GenericNetlink.Answers(SEQUENCE);
            answers.read(ByteBuffer.wrap(bent));
            assertThat(answers.messages()).hasSize(1);
            assertThat(GenericNetlink.family(answers.messages().getFirst())).isNotNull();
        }
    }

    @Test
    void newsHaveTheirCommandAndNoSequence() {
        String dead = "1c 00 00 00 20 00 00 00 00 00 00 00 00 00 00 00 04 00 00 00"
                + " 08 00 01 00 02 00 00 00";
        GenericNetlink.Answers answers = new GenericNetlink.Answers(0);
        answers.read(buffer(dead));
        GenericNetlink.News news = answers.news().getFirst();
        assertThat(news.command()).isEqualTo(Constants.NBD_CMD_LINK_DEAD);
        assertThat(news.attributes().number(Constants.NBD_ATTR_INDEX)).isEqualTo(OptionalInt.of(2));
        assertThat(news.attributes().number(Constants.NBD_ATTR_TIMEOUT)).isEmpty();
    }

    @Test
    void theKernelOfThisMachineKnowsTheFamilyOfFamiliesAndNoOther() {
        try (GenericNetlink netlink = new GenericNetlink()) {
            assertThat(netlink.family("nlctrl").orElseThrow().id())
                    .isEqualTo(Constants.GENL_ID_CTRL);
            assertThat(netlink.family("nlctrl").orElseThrow().groups()).containsKey("notify");
            assertThat(netlink.family("etherbay-none")).isEmpty();
        }
    }

    @Test
    void whoCannotJoinLeavesNoDescriptorBehind() throws IOException {
        int attempts = 64;
        long before = descriptorCount();
        for (int count = 0; count < attempts; count++) {
            assertThatThrownBy(() -> NbdLinks.join(Integer.MAX_VALUE))
                    .isInstanceOf(EtherbayException.class);
        }
        assertThat(descriptorCount()).isLessThan(before + attempts);
    }

    private static long descriptorCount() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    /** The group of that family is told when a family comes or goes; nothing does now. */
    @Test
    void withoutNewsThereAreNone() {
        try (GenericNetlink netlink = new GenericNetlink()) {
            netlink.join(netlink.family("nlctrl").orElseThrow().groups().get("notify"));
            List<GenericNetlink.News> news = netlink.news(() -> {
                throw new AssertionError("nothing was lost");
            });
            assertThat(news).isEmpty();
        }
    }
}
