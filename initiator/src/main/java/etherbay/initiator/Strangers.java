// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

/** Other disks that answer under the address of one: what is said about them to a person. */
final class Strangers {
    private final DiskAddress address;
    private final Paths paths;

    /** The disk that was seen last, and the path. */
    private String seen = "";

    Strangers(DiskAddress address, Paths paths) {
        this.address = address;
        this.paths = paths;
    }

    /** Notes that a path does not lead to the disk that is known. @return what to report */
    String saw(Path path, DiskIdentity known, DiskIdentity there) {
        seen = path + " has " + there;
        String what = known.sameDisk(there)
                ? "shrank, which loses what lies behind its end"
                : "two different disks have this address, or it was exchanged";
        return what + ": known is " + known + "; " + seen + ": that path is not used";
    }

    /** Why the disk must not be used while that path leads to another one. */
    EtherbayException conflict(Path other, @Nullable DiskIdentity known) {
        return new EtherbayException(
                ErrorCode.CONFLICT,
                address + " is served by two different disks",
                "one is " + known + "; " + seen + "; what went to one would be missing on"
                        + " the other",
                "give one of the targets another shelf or slot; " + other.mac()
                        + " is one of them");
    }

    /** Why the disk is not open yet, as far as one can see from here. */
    EtherbayException trouble(@Nullable DiskIdentity known) {
        Path other = paths.refused();
        if (other != null) {
            return conflict(other, known);
        }
        boolean heard = paths.anyHeard();
        return new EtherbayException(
                ErrorCode.UNAVAILABLE,
                address + (heard ? " answers, but does not identify itself" : " does not answer"),
                heard
                        ? paths.describe() + " answered a config query, and no IDENTIFY"
                        : "no target of that address was heard of on the interfaces given",
                heard
                        ? "see the rights, masks and reservation at the target"
                        : "see that it is served, that the cable and the VLAN are right, that its"
                                + " masks let this machine's address in; `etherbay discover` lists"
                                + " what answers");
    }
}
