// SPDX-License-Identifier: Apache-2.0
package etherbay.initiator;

import etherbay.base.Check;

/**
 * How an initiator treats one disk.
 *
 * @param failAfterNs how long the disk may say nothing at all before what waits for it ends with an
 *     error; {@link #NEVER} to wait for ever
 * @param frameLifeNs how long a frame can travel at most: a stated assumption about the network,
 *     for targets that do not know the floor command
 * @param windowCountMax requests under way on one path at most; never more than the target's
 *     buffers
 * @param payloadSectorsMax sectors in one frame at most; never more than MTU and target carry
 */
public record RemoteDiskSettings(
        long failAfterNs, long frameLifeNs, int windowCountMax, int payloadSectorsMax) {
    /** Of {@link #failAfterNs}: wait until it comes back. */
    public static final long NEVER = Long.MAX_VALUE;

    /** Fail after 5 s, frames live for 1 s, as many requests and sectors as the target takes. */
    public static final RemoteDiskSettings DEFAULT =
            new RemoteDiskSettings(5_000_000_000L, 1_000_000_000L, 128, 255);

    /** The least that a person may ask for: a lost frame and its repetition fit in. */
    public static final long FAIL_AFTER_NS_MIN = 500_000_000L;

    public RemoteDiskSettings {
        Check.that(failAfterNs >= FAIL_AFTER_NS_MIN, "an outage lasts longer than a lost frame");
        Check.that(frameLifeNs > 0, "frames live for a while");
        Check.that(windowCountMax > 0 && windowCountMax <= 1024, "a window has 1 to 1024 places");
        Check.that(payloadSectorsMax > 0 && payloadSectorsMax <= 255, "a count has 8 bits");
    }

    public RemoteDiskSettings withFailAfterNs(long durationNs) {
        return new RemoteDiskSettings(durationNs, frameLifeNs, windowCountMax, payloadSectorsMax);
    }

    public RemoteDiskSettings withFrameLifeNs(long durationNs) {
        return new RemoteDiskSettings(failAfterNs, durationNs, windowCountMax, payloadSectorsMax);
    }

    public RemoteDiskSettings withWindowCountMax(int count) {
        return new RemoteDiskSettings(failAfterNs, frameLifeNs, count, payloadSectorsMax);
    }

    public RemoteDiskSettings withPayloadSectorsMax(int sectors) {
        return new RemoteDiskSettings(failAfterNs, frameLifeNs, windowCountMax, sectors);
    }
}
