// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.aoe.ConfigHeader;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.initiator.AoeClient;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;
import etherbay.initiator.Station;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The string of up to 1024 bytes that a target keeps for its users: read, compared, claimed. AoEr11
 * section 3.2. On the client's thread.
 */
public final class ConfigString {
    /** A target that finds the string another one says nothing; so long is waited for that. */
    private static final long QUIET_NS = 250_000_000L;

    /** A question that may be met by silence is sent so often: one may get lost. */
    private static final int QUESTION_COUNT = 2;

    private static final int ATTEMPT_COUNT = 3;

    /** How the string sent is compared with the present one. */
    public enum Comparison {
        WHOLE(ConfigHeader.TEST),
        PREFIX(ConfigHeader.PREFIX);

        private final int command;

        Comparison(int command) {
            this.command = command;
        }
    }

    private ConfigString() {}

    /**
     * @throws EtherbayException INVALID for more than {@link ConfigHeader#STRING_BYTES_MAX} bytes
     */
    public static byte[] requireFits(byte[] string) {
        if (string.length > ConfigHeader.STRING_BYTES_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the config string is too long",
                    "it has %d bytes, a target keeps %d"
                            .formatted(string.length, ConfigHeader.STRING_BYTES_MAX),
                    "write a shorter one");
        }
        return string;
    }

    /**
     * Whether the target's string is, or begins with, {@code string}. It answers only if so; that
     * it was asked is known by a query behind the question, which is always answered.
     *
     * @return its answer, or nothing when it is silent about this and answers the query
     * @throws EtherbayException UNAVAILABLE when it answers neither
     */
    public static Optional<Reply> compare(FoundPath path, Comparison how, byte[] string) {
        AoeClient client = path.port().client();
        Request question = request(how.command, string);
        for (int attempt = 0; attempt < ATTEMPT_COUNT; attempt++) {
            MemorySegment barrier =
                    client.build(client.mac(), path.station(), AoeFrames::configQuery);
            List<Reply> replies = client.exchange(
                    List.of(
                            client.build(client.mac(), path.station(), question),
                            client.build(client.mac(), path.station(), question),
                            barrier),
                    QUIET_NS,
                    QUESTION_COUNT + 1);
            int barrierTag = AoeHeader.tag(barrier, 0);
            Optional<Reply> match = replies.stream()
                    .filter(reply -> reply.response() && reply.aoe().tag() != barrierTag)
                    .findFirst();
            if (match.isPresent()) {
                return Optional.of(Refusals.requireTaken(path, match));
            }
            if (replies.stream().anyMatch(Reply::response)) {
                return Optional.empty();
            }
        }
        throw Refusals.silent(path);
    }

    /**
     * All disks of an address that may be wild whose string compares; each once, as they answer.
     *
     * @param waitNs for answers, in all
     */
    public static List<Reply> compareAll(
            LocalPort port, DiskAddress which, Comparison how, byte[] string, long waitNs) {
        Map<String, Reply> replies = new LinkedHashMap<>();
        for (int question = 0; question < QUESTION_COUNT; question++) {
            port
                    .client()
                    .collect(
                            Station.anywhere(which),
                            request(how.command, string),
                            waitNs / QUESTION_COUNT)
                    .stream()
                    .filter(reply ->
                            reply.refusal().isEmpty() && reply.configString().isPresent())
                    .forEach(
                            reply -> replies.putIfAbsent(reply.disk() + " " + reply.from(), reply));
        }
        return List.copyOf(replies.values());
    }

    /**
     * Makes the string what it is not yet: an empty one becomes {@code string}.
     *
     * @return the target's string now
     * @throws EtherbayException CONFLICT when there is another one
     */
    public static byte[] set(FoundPath path, byte[] string) {
        Optional<Reply> answer =
                path.port().client().ask(path.station(), request(ConfigHeader.SET, string));
        answer.filter(reply -> reply.refusal()
                        .filter(code -> code == AoeHeader.ERROR_CONFIG_PRESENT)
                        .isPresent())
                .ifPresent(reply -> {
                    throw present(path, reply);
                });
        return stringOf(path, Refusals.requireTaken(path, answer));
    }

    private static EtherbayException present(FoundPath path, Reply reply) {
        String string = reply.configString()
                .map(EscapedText::of)
                .map(text -> "it is: " + text)
                .orElse("the target does not say which: etherbay config read " + path.disk());
        return new EtherbayException(
                ErrorCode.CONFLICT,
                path.disk() + " has a config string already",
                string,
                "if its owner is gone: etherbay config force %s STRING".formatted(path.disk()));
    }

    /**
     * Makes the string {@code string}, whatever it was.
     *
     * @return the target's string now
     */
    public static byte[] force(FoundPath path, byte[] string) {
        Reply reply = Refusals.requireTaken(
                path,
                path.port().client().ask(path.station(), request(ConfigHeader.FORCE, string)));
        return stringOf(path, reply);
    }

    private static byte[] stringOf(FoundPath path, Reply reply) {
        return reply.configString()
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.DEVIATES,
                        path.where() + " answered without its config string",
                        "it said: " + reply,
                        "etherbay config read %s shows what it is now".formatted(path.disk())));
    }

    private static Request request(int command, byte[] string) {
        return frames -> frames.config(ConfigHeader.Fields.request(command, string.length), string);
    }
}
