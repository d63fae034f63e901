// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.Check;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A message of generic netlink while it is written: struct nlmsghdr, struct genlmsghdr, attributes
 * of a struct nlattr and a value each, padded to four bytes; netlink(7), linux/genetlink.h. Numbers
 * are in the order of the machine. Owned by whoever writes it.
 *
 * <pre>
 *   0         4       6       8         12        16    17       18         20
 *   | length  | type  | flags | sequence| port: 0 | cmd | version| reserved | attributes ...
 * </pre>
 */
final class NetlinkMessage {
    /** More than any question of ours has. */
    private static final int BYTES_MAX = 4096;

    /** Messages and attributes begin at multiples of it: NLMSG_ALIGNTO, NLA_ALIGNTO. */
    static final int ALIGN_BYTES = 4;

    static final int HEADER_BYTES = (int) Layouts.NLMSGHDR.byteSize();
    static final int GENERIC_BYTES = (int) Layouts.GENLMSGHDR.byteSize();
    static final int ATTRIBUTE_BYTES = (int) Layouts.NLATTR.byteSize();
    static final int SEQUENCE_AT = (int) Layouts.at(Layouts.NLMSGHDR, "nlmsg_seq");

    private final ByteBuffer bytes = ByteBuffer.allocate(BYTES_MAX).order(ByteOrder.nativeOrder());

    private NetlinkMessage() {}

    /**
     * A request of which the kernel says how it ended.
     *
     * @param family the number that the kernel gave the family
     * @param command of that family
     * @param version of the family's interface
     */
    static NetlinkMessage request(int family, int command, int version) {
        NetlinkMessage message = new NetlinkMessage();
        message.bytes
                .putInt(0)
                .putShort((short) family)
                .putShort((short) (Constants.NLM_F_REQUEST | Constants.NLM_F_ACK))
                .putInt(0)
                .putInt(0)
                .put((byte) command)
                .put((byte) version)
                .putShort((short) 0);
        return message;
    }

    NetlinkMessage putInt(int attribute, int value) {
        bytes.putShort((short) (ATTRIBUTE_BYTES + Integer.BYTES)).putShort((short) attribute);
        bytes.putInt(value);
        return this;
    }

    NetlinkMessage putLong(int attribute, long value) {
        bytes.putShort((short) (ATTRIBUTE_BYTES + Long.BYTES)).putShort((short) attribute);
        bytes.putLong(value);
        return this;
    }

    /** Text in UTF-8 with its final zero. */
    NetlinkMessage putText(int attribute, String text) {
        byte[] value = text.getBytes(StandardCharsets.UTF_8);
        bytes.putShort((short) (ATTRIBUTE_BYTES + value.length + 1)).putShort((short) attribute);
        bytes.put(value).put((byte) 0);
        pad();
        return this;
    }

    /** Begins an attribute that holds attributes. @return what {@link #end} wants */
    int begin(int attribute) {
        int at = bytes.position();
        bytes.putShort((short) 0).putShort((short) (attribute | Constants.NLA_F_NESTED));
        return at;
    }

    /** Ends the attribute that {@link #begin} began. */
    NetlinkMessage end(int began) {
        bytes.putShort(began, (short) (bytes.position() - began));
        return this;
    }

    /** The whole message. */
    byte[] toBytes(int sequence) {
        Check.that(bytes.position() <= BYTES_MAX, "a question fits into its buffer");
        bytes.putInt(0, bytes.position()).putInt(SEQUENCE_AT, sequence);
        return Arrays.copyOf(bytes.array(), bytes.position());
    }

    private void pad() {
        while (bytes.position() % ALIGN_BYTES != 0) {
            bytes.put((byte) 0);
        }
    }
}
