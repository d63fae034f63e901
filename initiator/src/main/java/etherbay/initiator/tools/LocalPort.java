// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator.tools;

import etherbay.aoe.AoeFrames;
import etherbay.aoe.AoeHeader;
import etherbay.base.Check;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.MacAddress;
import etherbay.initiator.AoeClient;
import etherbay.initiator.DiskAddress;
import etherbay.initiator.Reply;
import etherbay.initiator.Station;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An interface of this machine and the client that asks through it; finds disks. On the client's
 * thread. {@code docs/protocols/aoe.md} section 3: the config query is also the discovery.
 *
 * @param name as the user called it
 * @param receiveBytes what arrives unseen fits into so many bytes; 0 where it is not known: on a
 *     segment the frames of others take room too
 */
public record LocalPort(String name, AoeClient client, int receiveBytes) {
    /** A discovery asks so often: one query may get lost, and costs nothing. */
    private static final int QUERY_COUNT = 2;

    private record PathKey(DiskAddress disk, MacAddress mac) {}

    /**
     * All paths on which a disk answers for {@code which}, each once, by disk and address.
     *
     * @param which wild for all disks
     * @param waitNs how long answers are waited for, in all
     */
    public List<FoundPath> find(DiskAddress which, long waitNs) {
        Check.that(waitNs > 0, "an answer takes time");
        Map<PathKey, FoundPath> found = new LinkedHashMap<>();
        for (int query = 0; query < QUERY_COUNT; query++) {
            List<Reply> replies = client.collect(
                    Station.anywhere(which), AoeFrames::configQuery, waitNs / QUERY_COUNT);
            replies.stream()
                    .filter(LocalPort::tellsADisk)
                    .forEach(reply -> found.put(
                            new PathKey(reply.disk(), reply.from()), new FoundPath(this, reply)));
        }
        List<FoundPath> paths = new ArrayList<>(found.values());
        paths.sort(FoundPath.BY_DISK);
        return paths;
    }

    /** A refused query, a cut answer, a wild address: from programs that are broken. */
    private static boolean tellsADisk(Reply reply) {
        return reply.refusal().isEmpty()
                && reply.config().isPresent()
                && reply.disk().shelf() != AoeHeader.SHELF_BROADCAST
                && reply.disk().slot() != AoeHeader.SLOT_BROADCAST;
    }

    /**
     * The path on which that disk answers first.
     *
     * @throws EtherbayException UNAVAILABLE when nobody answers for that address
     */
    public FoundPath require(DiskAddress disk) {
        return client.ask(Station.anywhere(disk), AoeFrames::configQuery)
                .filter(LocalPort::tellsADisk)
                .map(reply -> new FoundPath(this, reply))
                .orElseThrow(() -> silent(disk));
    }

    /** Nobody answers for {@code disk} here. */
    EtherbayException silent(DiskAddress disk) {
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                disk + " does not answer",
                "nobody on the segment of " + name + " answered a config query for it in time",
                "see that it is served and that its mask list lets " + client.mac()
                        + " in; name its interface with --if");
    }
}
