// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.MaskHeader;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.initiator.AoeClient;
import etherbay.initiator.Reply;
import etherbay.initiator.Request;

import java.util.ArrayList;
import java.util.List;

/**
 * The list of addresses that a target answers; empty, it answers everybody. AoEr11 section 3.3. On
 * the client's thread.
 */
public final class MaskList {
    /** Directives of one request: as many as fit the smallest MTU, and what their count can say. */
    private static final int DIRECTIVE_COUNT_MAX = 128;

    /**
     * Addresses that fit an answer; a list of so many may go on.
     *
     * @param listed as the target listed them
     */
    public record Answer(List<MacAddress> listed, boolean mayGoOn) {}

    private MaskList() {}

    public static Answer read(FoundPath path) {
        return answer(path, take(path, MaskHeader.READ, List.of()));
    }

    /**
     * The list after an edit, as far as we can know: somebody else may edit it too.
     *
     * @param present the list before it
     */
    public static List<MacAddress> after(
            List<MacAddress> present, boolean add, List<MacAddress> macs) {
        List<MacAddress> after = new ArrayList<>(present);
        after.removeAll(macs);
        if (add) {
            after.addAll(macs);
        }
        return after;
    }

    /** Whether a target with that list says nothing to {@code mac}. */
    public static boolean shutsOut(List<MacAddress> list, MacAddress mac) {
        return !list.isEmpty() && !list.contains(mac);
    }

    /**
     * Adds addresses, or takes them off; those that are there, or are not, change nothing.
     *
     * @return the list after it
     * @throws EtherbayException CONFLICT when the list is full, else by what the target refused;
     *     directives before the one that failed have taken effect
     */
    public static Answer edit(FoundPath path, boolean add, List<MacAddress> macs) {
        int command = add ? MaskHeader.DIRECTIVE_ADD : MaskHeader.DIRECTIVE_DELETE;
        List<MacAddress> ordered = ownAddressSafe(path.port().client(), add, macs);
        Answer last = new Answer(List.of(), false);
        for (int from = 0; from < ordered.size(); from += DIRECTIVE_COUNT_MAX) {
            List<MaskHeader.Directive> directives = ordered.stream()
                    .skip(from)
                    .limit(DIRECTIVE_COUNT_MAX)
                    .map(mac -> new MaskHeader.Directive(command, mac))
                    .toList();
            last = answer(path, take(path, MaskHeader.EDIT, directives));
        }
        return last;
    }

    /** Our own address first when added, last when taken off: else the rest would not be heard. */
    private static List<MacAddress> ownAddressSafe(
            AoeClient client, boolean add, List<MacAddress> macs) {
        List<MacAddress> ordered = new ArrayList<>(macs);
        if (ordered.remove(client.mac())) {
            ordered.add(add ? 0 : ordered.size(), client.mac());
        }
        return ordered;
    }

    private static MaskHeader.Fields take(
            FoundPath path, int command, List<MaskHeader.Directive> directives) {
        Request request = frames -> frames.mask(MaskHeader.Fields.of(command, directives));
        Reply reply =
                Refusals.requireTaken(path, path.port().client().ask(path.station(), request));
        MaskHeader.Fields mask = reply.mask()
                .orElseThrow(() -> new EtherbayException(
                        ErrorCode.DEVIATES,
                        path.where() + " answers with a mask list that is none",
                        "it said: " + reply,
                        "etherbay conform %s --masks shows what is wrong with it"
                                .formatted(path.disk())));
        if (mask.error() != MaskHeader.ERROR_NONE) {
            throw failed(path, mask, directives);
        }
        return mask;
    }

    private static EtherbayException failed(
            FoundPath path, MaskHeader.Fields mask, List<MaskHeader.Directive> directives) {
        String at = mask.directiveCount() < directives.size()
                ? directives.get(mask.directiveCount()).mac() + " and those behind it were not"
                        + " taken, those before it were"
                : "it does not say which address it stopped at";
        return switch (mask.error()) {
            case MaskHeader.ERROR_FULL ->
                new EtherbayException(
                        ErrorCode.CONFLICT,
                        "the mask list of " + path.disk() + " is full",
                        at,
                        "take addresses off: etherbay mask remove " + path.disk() + " MAC");
            case MaskHeader.ERROR_BAD_DIRECTIVE ->
                new EtherbayException(
                        ErrorCode.DEVIATES,
                        path.where() + " does not know how to edit its mask list so",
                        "mask error 2, bad directive: " + at,
                        "edit the list at the target itself");
            default ->
                new EtherbayException(
                        ErrorCode.UNAVAILABLE,
                        "the mask list of " + path.disk() + " could not be changed",
                        "mask error %d: the target could not keep it".formatted(mask.error()),
                        "see the log of the target, and whether its disk for state is full");
        };
    }

    private static Answer answer(FoundPath path, MaskHeader.Fields mask) {
        List<MacAddress> listed =
                mask.directives().stream().map(MaskHeader.Directive::mac).toList();
        int room = (path.port().client().mtu() - MaskHeader.END) / MaskHeader.DIRECTIVE_BYTES;
        return new Answer(listed, !listed.isEmpty() && listed.size() >= room);
    }
}
