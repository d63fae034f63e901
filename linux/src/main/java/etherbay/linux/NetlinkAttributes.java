// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Attributes of a netlink message that was received, or of one of its attributes: struct nlattr;
 * linux/netlink.h. What does not fit into its surroundings ends the list; the kernel sends no such
 * thing. Immutable.
 */
final class NetlinkAttributes {
    static final NetlinkAttributes NONE = new NetlinkAttributes(ByteBuffer.allocate(0));

    private record Attribute(int type, ByteBuffer value) {}

    private final List<Attribute> attributes = new ArrayList<>();

    private NetlinkAttributes(ByteBuffer from) {
        ByteBuffer bytes = from.slice().order(ByteOrder.nativeOrder());
        while (bytes.remaining() >= NetlinkMessage.ATTRIBUTE_BYTES) {
            int at = bytes.position();
            int length = Short.toUnsignedInt(bytes.getShort(at));
            int type = bytes.getShort(at + Short.BYTES) & ~Constants.NLA_F_NESTED & 0xffff;
            if (length < NetlinkMessage.ATTRIBUTE_BYTES || length > bytes.remaining()) {
                return;
            }
            int valueBytes = length - NetlinkMessage.ATTRIBUTE_BYTES;
            attributes.add(new Attribute(
                    type, bytes.slice(at + NetlinkMessage.ATTRIBUTE_BYTES, valueBytes)));
            int padding = -length & (NetlinkMessage.ALIGN_BYTES - 1);
            bytes.position(Math.min(at + length + padding, bytes.limit()));
        }
    }

    /** Reads what lies between the buffer's position and its limit. */
    static NetlinkAttributes of(ByteBuffer bytes) {
        return new NetlinkAttributes(bytes);
    }

    /** A number of two or four bytes; empty where there is none. */
    OptionalInt number(int type) {
        Optional<ByteBuffer> value = value(type);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        ByteBuffer bytes = value.get();
        return switch (bytes.remaining()) {
            case Short.BYTES -> OptionalInt.of(Short.toUnsignedInt(bytes.getShort(0)));
            case Integer.BYTES -> OptionalInt.of(bytes.getInt(0));
            default -> OptionalInt.empty();
        };
    }

    /** Text without its final zero; empty where there is none. */
    String text(int type) {
        return value(type)
                .map(bytes -> StandardCharsets.UTF_8
                        .decode(bytes.duplicate())
                        .toString()
                        .replaceFirst("\0.*", ""))
                .orElse("");
    }

    /** The attributes in an attribute; none where there is no such one. */
    NetlinkAttributes nested(int type) {
        return value(type).map(NetlinkAttributes::of).orElse(NONE);
    }

    /** The attributes in each of these attributes, whatever their types are. */
    List<NetlinkAttributes> all() {
        return attributes.stream().map(attribute -> of(attribute.value)).toList();
    }

    private Optional<ByteBuffer> value(int type) {
        return attributes.stream()
                .filter(attribute -> attribute.type == type)
                .map(attribute -> attribute.value.duplicate().order(ByteOrder.nativeOrder()))
                .findFirst();
    }
}
