// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.AoeHeader;
import etherbay.aoe.ReserveHeader;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The list of addresses that may read and write a disk; empty, everybody may. AoEr11 section 3.4.
 * On the client's thread.
 */
public final class Reservation {
    private Reservation() {}

    /** Who holds the disk. */
    public static List<MacAddress> read(FoundPath path) {
        return macs(path, Refusals.requireTaken(path, ask(path, ReserveHeader.READ, List.of())));
    }

    /**
     * Reserves a disk that is free or ours already; an empty list releases it.
     *
     * @return who holds it now
     * @throws EtherbayException CONFLICT, with the holders, when others hold it
     */
    public static List<MacAddress> set(FoundPath path, List<MacAddress> macs) {
        Optional<Reply> answer = ask(path, ReserveHeader.SET, macs);
        if (answer.flatMap(Reply::refusal)
                .filter(code -> code == AoeHeader.ERROR_RESERVED)
                .isPresent()) {
            throw held(path, read(path));
        }
        return macs(path, Refusals.requireTaken(path, answer));
    }

    private static EtherbayException held(FoundPath path, List<MacAddress> holders) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                path.disk() + " is reserved by others",
                holders.isEmpty()
                        ? "they held it when we asked, and have released it since"
                        : "it is held by "
                                + holders.stream()
                                        .map(MacAddress::toString)
                                        .collect(Collectors.joining(" ")),
                "let them release it; if they are gone: etherbay reserve force " + path.disk());
    }

    /**
     * Reserves a disk whoever holds it.
     *
     * @return who holds it now
     */
    public static List<MacAddress> force(FoundPath path, List<MacAddress> macs) {
        return macs(path, Refusals.requireTaken(path, ask(path, ReserveHeader.FORCE, macs)));
    }

    private static Optional<Reply> ask(FoundPath path, int command, List<MacAddress> macs) {
        Request request = frames -> frames.reserve(ReserveHeader.Fields.of(command, macs));
        return path.port().client().ask(path.station(), request);
    }

    private static List<MacAddress> macs(FoundPath path, Reply reply) {
        return reply.reserve()
                .map(ReserveHeader.Fields::macs)
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.DEVIATES,
                        path.where() + " answers with a reservation that is none",
                        "it said: " + reply,
                        "etherbay conform %s --write shows what is wrong with it"
                                .formatted(path.disk())));
    }
}
