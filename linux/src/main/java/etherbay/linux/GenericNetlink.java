// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A socket of generic netlink, linux/genetlink.h: asks one question at a time, or hears what a
 * family tells a group. Platform threads; one at a time.
 */
final class GenericNetlink implements AutoCloseable {
    /** As much as the kernel puts into one answer; those of ours have some hundred bytes. */
    private static final int BUFFER_BYTES = 32 * 1024;

    /** As libnl asks. */
    private static final int CTRL_VERSION = 1;

    /** What the kernel calls a family, and its groups by their names. */
    record Family(int id, Map<String, Integer> groups) {}

    /**
     * How a question ended.
     *
     * @param errno why the kernel refused; 0 when it did not
     * @param messages the attributes of what it answered
     */
    record Answer(int errno, List<NetlinkAttributes> messages) {}

    /** A message with its command, as a group hears it. */
    record News(int command, NetlinkAttributes attributes) {}

    private final Arena arena = Arena.ofShared();
    private final long memory = arena.allocate(BUFFER_BYTES, Long.BYTES).address();
    private final int fd;
    private int sequence;

    /** Takes one file descriptor until {@link #close}. */
    GenericNetlink() {
        fd = Linux.expect(
                Libc.socket(
                        Constants.AF_NETLINK,
                        Constants.SOCK_RAW | Constants.SOCK_CLOEXEC,
                        Constants.NETLINK_GENERIC),
                "a netlink socket");
        try {
            bind();
        } catch (EtherbayException refused) {
            close();
            throw refused;
        }
    }

    private void bind() {
        // A socket without a port is passed over when a group is told: it has the kernel's, 0.
        long sockaddr = arena.allocate(Layouts.SOCKADDR_NL).address();
        Memory.putShort(sockaddr, (short) Constants.AF_NETLINK);
        Linux.expect(
                Libc.bind(fd, sockaddr, (int) Layouts.SOCKADDR_NL.byteSize()),
                "a port of a netlink socket");
    }

    int fd() {
        return fd;
    }

    /** A family by its name; empty when the kernel has none such now. */
    Optional<Family> family(String name) {
        Answer answer = ask(NetlinkMessage.request(
                        Constants.GENL_ID_CTRL, Constants.CTRL_CMD_GETFAMILY, CTRL_VERSION)
                .putText(Constants.CTRL_ATTR_FAMILY_NAME, name));
        if (answer.errno == Errno.ENOENT || answer.messages.isEmpty()) {
            return Optional.empty();
        }
        Linux.expect(-answer.errno, "a question for the netlink family " + name);
        return family(answer.messages.getFirst());
    }

    /** Reads an answer to CTRL_CMD_GETFAMILY. */
    static Optional<Family> family(NetlinkAttributes message) {
        OptionalInt id = message.number(Constants.CTRL_ATTR_FAMILY_ID);
        if (id.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Integer> groups = new HashMap<>();
        for (NetlinkAttributes group :
                message.nested(Constants.CTRL_ATTR_MCAST_GROUPS).all()) {
            group.number(Constants.CTRL_ATTR_MCAST_GRP_ID)
                    .ifPresent(number ->
                            groups.put(group.text(Constants.CTRL_ATTR_MCAST_GRP_NAME), number));
        }
        return Optional.of(new Family(id.getAsInt(), Map.copyOf(groups)));
    }

    /** From now on {@link #news} hears what is told that group. */
    void join(int group) {
        try (Arena call = Arena.ofConfined()) {
            long number = call.allocate(Integer.BYTES, Integer.BYTES).address();
            Memory.putInt(number, group);
            Linux.expect(
                    Libc.setsockopt(
                            fd,
                            Constants.SOL_NETLINK,
                            Constants.NETLINK_ADD_MEMBERSHIP,
                            number,
                            Integer.BYTES),
                    "news of a netlink family");
        }
    }

    /** Asks, and waits for the end of the answer; the kernel answers while it is asked. */
    Answer ask(NetlinkMessage question) {
        byte[] bytes = question.toBytes(++sequence);
        Memory.putBytes(memory, bytes);
        Linux.expect((int) Libc.send(fd, memory, bytes.length, 0), "a netlink message");
        Answers answers = new Answers(sequence);
        while (!answers.done) {
            answers.read(received(Libc.recv(fd, memory, BUFFER_BYTES, Constants.MSG_TRUNC)));
        }
        return new Answer(answers.errno, answers.messages);
    }

    /**
     * What the joined groups were told since the last call; never waits. When too much was told to
     * be kept, the kernel says so once: then empty, and {@code lost} runs.
     */
    List<News> news(Runnable lost) {
        List<News> news = new ArrayList<>();
        while (true) {
            long bytes = Libc.recv(
                    fd, memory, BUFFER_BYTES, Constants.MSG_TRUNC | Constants.MSG_DONTWAIT);
            if (bytes == -Errno.EAGAIN) {
                return news;
            }
            if (bytes == -Errno.ENOBUFS) {
                lost.run();
            } else {
                Answers answers = new Answers(0);
                answers.read(received(bytes));
                news.addAll(answers.news);
            }
        }
    }

    private ByteBuffer received(long bytes) {
        Linux.expect((int) Math.min(bytes, Integer.MAX_VALUE), "an answer by netlink");
        if (bytes > BUFFER_BYTES) {
            throw new EtherbayException(
                    ErrorCode.ENVIRONMENT,
                    "the kernel's answer is too long",
                    "a netlink message of " + bytes + " bytes came; we expect " + BUFFER_BYTES,
                    "tell us which kernel this is (uname -r)");
        }
        return ByteBuffer.wrap(Memory.getBytes(memory, (int) bytes)).order(ByteOrder.nativeOrder());
    }

    /** Reads messages of one sequence number; those of news have number 0. */
    static final class Answers {
        private final int sequence;
        private final List<NetlinkAttributes> messages = new ArrayList<>();
        private final List<News> news = new ArrayList<>();
        private boolean done;
        private int errno;

        Answers(int sequence) {
            this.sequence = sequence;
        }

        /** Messages of another number, and what does not fit, are passed over. */
        void read(ByteBuffer received) {
            ByteBuffer bytes = received.slice().order(ByteOrder.nativeOrder());
            while (bytes.remaining() >= NetlinkMessage.HEADER_BYTES) {
                int at = bytes.position();
                int length = bytes.getInt(at);
                if (length < NetlinkMessage.HEADER_BYTES || length > bytes.remaining()) {
                    return;
                }
                if (bytes.getInt(at + NetlinkMessage.SEQUENCE_AT) == sequence) {
                    readMessage(bytes.slice(at, length).order(ByteOrder.nativeOrder()));
                }
                int padding = -length & (NetlinkMessage.ALIGN_BYTES - 1);
                bytes.position(Math.min(at + length + padding, bytes.limit()));
            }
        }

        private void readMessage(ByteBuffer message) {
            int type = Short.toUnsignedInt(message.getShort(Integer.BYTES));
            int body = NetlinkMessage.HEADER_BYTES;
            if (type == Constants.NLMSG_ERROR || type == Constants.NLMSG_DONE) {
                done = true;
                errno = message.limit() >= body + Integer.BYTES ? -message.getInt(body) : 0;
            } else if (message.limit() >= body + NetlinkMessage.GENERIC_BYTES) {
                NetlinkAttributes attributes =
                        NetlinkAttributes.of(message.position(body + NetlinkMessage.GENERIC_BYTES));
                messages.add(attributes);
                news.add(new News(Byte.toUnsignedInt(message.get(body)), attributes));
            }
        }

        boolean done() {
            return done;
        }

        int errno() {
            return errno;
        }

        List<NetlinkAttributes> messages() {
            return messages;
        }

        List<News> news() {
            return news;
        }
    }

    @Override
    public void close() {
        Libc.close(fd);
        arena.close();
    }
}
