// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The negotiation from the server's side: the protocol document's "Fixed newstyle negotiation",
 * "Option haggling" and "Metadata querying". Bytes in, bytes out; owned by the loop.
 */
final class NbdHandshake {
    /** What both sides agreed on. */
    record Agreed(ServedExport export, long bytes, boolean structured, boolean allocation) {}

    private enum State {
        CLIENT_FLAGS,
        OPTION,
        /** STARTTLS was acknowledged: what follows is TLS. */
        TLS,
        AGREED,
        ENDED
    }

    private final List<ServedExport> exports;
    private final TlsMode tls;
    private final OutQueue out;
    private final NbdCounters counters;
    private State state = State.CLIENT_FLAGS;
    private boolean fixed;
    private boolean noZeroes;
    private boolean encrypted;
    private boolean structured;

    /** The export whose allocation was asked for with SET_META_CONTEXT. */
    private @Nullable ServedExport allocationOf;

    private int optionCount;
    private long skipBytes;
    private @Nullable Agreed agreed;
    private @Nullable EndReason endReason;

    /**
     * @param exports the first is the one of clients that name none
     */
    NbdHandshake(List<ServedExport> exports, TlsMode tls, OutQueue out, NbdCounters counters) {
        this.exports = exports;
        this.tls = tls;
        this.out = out;
        this.counters = counters;
        out.add(ByteBuffer.allocate(NbdWire.GREETING_BYTES)
                .putLong(NbdWire.NBDMAGIC)
                .putLong(NbdWire.IHAVEOPT)
                .putShort((short) (NbdWire.FLAG_FIXED_NEWSTYLE | NbdWire.FLAG_NO_ZEROES))
                .flip());
    }

    @Nullable
    Agreed agreed() {
        return agreed;
    }

    @Nullable
    EndReason endReason() {
        return endReason;
    }

    boolean startsTls() {
        return state == State.TLS;
    }

    /** TLS is there: all that was agreed on without it is forgotten. */
    void tlsStarted() {
        encrypted = true;
        structured = false;
        allocationOf = null;
        state = State.OPTION;
    }

    /** Takes from {@code in} what it understands. @return whether anything happened */
    boolean advance(ByteBuffer in) {
        if (skipBytes > 0) {
            return skip(in);
        }
        if (out.bytes() > Limits.OPTION_OUTPUT_BYTES_MAX) {
            return false;
        }
        return switch (state) {
            case CLIENT_FLAGS -> in.remaining() >= Integer.BYTES && takeFlags(in.getInt());
            case OPTION -> takeOption(in);
            case TLS, AGREED, ENDED -> false;
        };
    }

    private boolean skip(ByteBuffer in) {
        int bytes = (int) Math.min(skipBytes, in.remaining());
        in.position(in.position() + bytes);
        skipBytes -= bytes;
        return bytes > 0;
    }

    private boolean takeFlags(int flags) {
        int known = NbdWire.FLAG_C_FIXED_NEWSTYLE | NbdWire.FLAG_C_NO_ZEROES;
        if ((flags & ~known) != 0) {
            return end(EndReason.MALFORMED);
        }
        fixed = (flags & NbdWire.FLAG_C_FIXED_NEWSTYLE) != 0;
        noZeroes = (flags & NbdWire.FLAG_C_NO_ZEROES) != 0;
        state = State.OPTION;
        return true;
    }

    private boolean end(EndReason reason) {
        endReason = reason;
        state = State.ENDED;
        return true;
    }

    private boolean takeOption(ByteBuffer in) {
        if (in.remaining() < NbdWire.OPTION_HEADER_BYTES) {
            return false;
        }
        int at = in.position();
        int option = in.getInt(at + Long.BYTES);
        long bytes = in.getInt(at + Long.BYTES + Integer.BYTES) & 0xffffffffL;
        if (in.getLong(at) != NbdWire.IHAVEOPT) {
            return end(EndReason.MALFORMED);
        }
        boolean whole = bytes <= Limits.OPTION_BYTES_MAX;
        if (whole && in.remaining() < NbdWire.OPTION_HEADER_BYTES + bytes) {
            return false;
        }
        optionCount++;
        if (optionCount > Limits.OPTION_COUNT_MAX || bytes > Limits.OPTION_SKIP_BYTES_MAX) {
            return end(EndReason.EXCESS);
        }
        in.position(at + NbdWire.OPTION_HEADER_BYTES);
        if (!whole) {
            skipBytes = bytes;
            return option == NbdWire.OPT_EXPORT_NAME
                    ? end(EndReason.REFUSED)
                    : refuse(option, NbdWire.REP_ERR_TOO_BIG, "the data of the option is too long");
        }
        ByteBuffer data = in.slice(in.position(), (int) bytes);
        in.position(in.position() + (int) bytes);
        return act(option, data);
    }

    private boolean act(int option, ByteBuffer data) {
        boolean free = option == NbdWire.OPT_STARTTLS || option == NbdWire.OPT_ABORT;
        if (tls == TlsMode.REQUIRE && !encrypted && !free) {
            return option == NbdWire.OPT_EXPORT_NAME
                    ? end(EndReason.REFUSED)
                    : refuse(option, NbdWire.REP_ERR_TLS_REQD, "use TLS, as with nbds://");
        }
        if (!fixed && option != NbdWire.OPT_EXPORT_NAME) {
            return end(EndReason.MALFORMED);
        }
        return switch (option) {
            case NbdWire.OPT_EXPORT_NAME -> exportName(data);
            case NbdWire.OPT_ABORT -> {
                reply(option, NbdWire.REP_ACK, "");
                yield end(EndReason.DISCONNECTED);
            }
            case NbdWire.OPT_LIST -> list(data);
            case NbdWire.OPT_STARTTLS -> startTls(data);
            case NbdWire.OPT_INFO, NbdWire.OPT_GO -> info(option, data);
            case NbdWire.OPT_STRUCTURED_REPLY -> structuredReply(data);
            case NbdWire.OPT_LIST_META_CONTEXT, NbdWire.OPT_SET_META_CONTEXT ->
                metaContext(option, data);
            default -> refuse(option, NbdWire.REP_ERR_UNSUP, "");
        };
    }

    private boolean exportName(ByteBuffer data) {
        ServedExport export = find(text(data));
        if (export == null) {
            return end(EndReason.REFUSED);
        }
        int zeroes = noZeroes ? 0 : NbdWire.EXPORT_NAME_ZEROES_BYTES;
        ByteBuffer answer = ByteBuffer.allocate(Long.BYTES + Short.BYTES + zeroes);
        answer.putLong(export.bytes())
                .putShort((short) export.flags(structured))
                .clear();
        out.add(answer);
        return agree(export);
    }

    private boolean agree(ServedExport export) {
        agreed = new Agreed(export, export.bytes(), structured, export == allocationOf);
        state = State.AGREED;
        return true;
    }

    private boolean list(ByteBuffer data) {
        if (data.hasRemaining()) {
            return invalid(NbdWire.OPT_LIST, "LIST has no data");
        }
        for (ServedExport served : exports) {
            byte[] name = utf8(served.export().name());
            byte[] description = utf8(served.export().description());
            int bytes = Integer.BYTES + name.length + description.length;
            ByteBuffer reply = header(NbdWire.OPT_LIST, NbdWire.REP_SERVER, bytes);
            out.add(reply.putInt(name.length).put(name).put(description).flip());
        }
        return reply(NbdWire.OPT_LIST, NbdWire.REP_ACK, "");
    }

    private boolean startTls(ByteBuffer data) {
        if (data.hasRemaining() || encrypted) {
            return invalid(NbdWire.OPT_STARTTLS, encrypted ? "TLS is on" : "it has no data");
        }
        if (tls == TlsMode.OFF) {
            return refuse(NbdWire.OPT_STARTTLS, NbdWire.REP_ERR_POLICY, "this server has no TLS");
        }
        reply(NbdWire.OPT_STARTTLS, NbdWire.REP_ACK, "");
        state = State.TLS;
        return true;
    }

    private boolean info(int option, ByteBuffer data) {
        String name = string(data);
        if (name == null
                || data.remaining() < Short.BYTES
                || data.remaining()
                        != Short.BYTES * (1 + (data.getShort(data.position()) & 0xffff))) {
            return invalid(option, "name and list of informations do not fill the option");
        }
        ServedExport export = find(name);
        if (export == null) {
            return refuse(option, NbdWire.REP_ERR_UNKNOWN, "there is no such export");
        }
        int count = data.getShort() & 0xffff;
        List<Integer> told = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            int wanted = data.getShort() & 0xffff;
            if (!told.contains(wanted) && inform(option, wanted, export)) {
                told.add(wanted);
            }
        }
        out.add(infoHeader(option, NbdWire.INFO_EXPORT, Long.BYTES + Short.BYTES)
                .putLong(export.bytes())
                .putShort((short) export.flags(structured))
                .flip());
        reply(option, NbdWire.REP_ACK, "");
        return option == NbdWire.OPT_INFO || agree(export);
    }

    /** Tells one thing that was asked for, if we know it. */
    private boolean inform(int option, int wanted, ServedExport export) {
        byte[] text = switch (wanted) {
            case NbdWire.INFO_NAME -> utf8(export.export().name());
            case NbdWire.INFO_DESCRIPTION -> utf8(export.export().description());
            default -> new byte[0];
        };
        if (wanted == NbdWire.INFO_BLOCK_SIZE) {
            out.add(infoHeader(option, wanted, 3 * Integer.BYTES)
                    .putInt(1)
                    .putInt(export.preferredBytes())
                    .putInt(NbdWire.PAYLOAD_BYTES_MAX)
                    .flip());
            return true;
        }
        if (wanted == NbdWire.INFO_NAME || text.length > 0) {
            out.add(infoHeader(option, wanted, text.length).put(text).flip());
            return true;
        }
        return false;
    }

    private static ByteBuffer infoHeader(int option, int type, int bytes) {
        return header(option, NbdWire.REP_INFO, Short.BYTES + bytes).putShort((short) type);
    }

    private boolean structuredReply(ByteBuffer data) {
        if (data.hasRemaining() || structured) {
            return invalid(NbdWire.OPT_STRUCTURED_REPLY, "it comes once, and has no data");
        }
        structured = true;
        return reply(NbdWire.OPT_STRUCTURED_REPLY, NbdWire.REP_ACK, "");
    }

    private boolean metaContext(int option, ByteBuffer data) {
        boolean sets = option == NbdWire.OPT_SET_META_CONTEXT;
        if (sets) {
            allocationOf = null;
        }
        String name = string(data);
        List<String> queries = name == null ? null : queries(data);
        if (name == null || queries == null) {
            return invalid(option, "name and list of queries do not fill the option");
        }
        if (!structured) {
            return invalid(option, "structured replies come first");
        }
        ServedExport export = find(name);
        if (export == null) {
            return refuse(option, NbdWire.REP_ERR_UNKNOWN, "there is no such export");
        }
        boolean all = !sets && (queries.isEmpty() || queries.contains(NbdWire.BASE_NAMESPACE));
        if (all || queries.contains(NbdWire.BASE_ALLOCATION)) {
            byte[] context = utf8(NbdWire.BASE_ALLOCATION);
            out.add(header(option, NbdWire.REP_META_CONTEXT, Integer.BYTES + context.length)
                    .putInt(sets ? NbdWire.BASE_ALLOCATION_ID : 0)
                    .put(context)
                    .flip());
            allocationOf = sets ? export : allocationOf;
        }
        return reply(option, NbdWire.REP_ACK, "");
    }

    private static @Nullable List<String> queries(ByteBuffer data) {
        if (data.remaining() < Integer.BYTES) {
            return null;
        }
        long count = data.getInt() & 0xffffffffL;
        List<String> queries = new ArrayList<>();
        for (long index = 0; index < count; index++) {
            String query = string(data);
            if (query == null) {
                return null;
            }
            queries.add(query);
        }
        return data.hasRemaining() ? null : queries;
    }

    /** A length and as many bytes of UTF-8; null for what is none. */
    private static @Nullable String string(ByteBuffer data) {
        if (data.remaining() < Integer.BYTES) {
            return null;
        }
        long bytes = data.getInt() & 0xffffffffL;
        if (bytes > Math.min(data.remaining(), NbdWire.STRING_BYTES_MAX)) {
            return null;
        }
        ByteBuffer text = data.slice(data.position(), (int) bytes);
        data.position(data.position() + (int) bytes);
        return text(text);
    }

    private static @Nullable String text(ByteBuffer bytes) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException notUtf8) {
            return null;
        }
    }

    /** The export of that name; the first one is also that of who names none. */
    private @Nullable ServedExport find(@Nullable String name) {
        for (ServedExport served : exports) {
            if (served.export().name().equals(name)) {
                return served;
            }
        }
        return "".equals(name) && !exports.isEmpty() ? exports.getFirst() : null;
    }

    private boolean invalid(int option, String why) {
        return refuse(option, NbdWire.REP_ERR_INVALID, why);
    }

    private boolean refuse(int option, int reply, String why) {
        counters.optionErrors.increment();
        return reply(option, reply, why);
    }

    private boolean reply(int option, int reply, String text) {
        byte[] bytes = utf8(text);
        out.add(header(option, reply, bytes.length).put(bytes).flip());
        return true;
    }

    private static ByteBuffer header(int option, int reply, int bytes) {
        return ByteBuffer.allocate(NbdWire.OPTION_REPLY_HEADER_BYTES + bytes)
                .putLong(NbdWire.OPTION_REPLY_MAGIC)
                .putInt(option)
                .putInt(reply)
                .putInt(bytes);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
