// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.Random;
import java.util.regex.Pattern;

/**
 * A network card of a guest.
 *
 * @param plug what it is plugged into on whatever node it runs: {@code bridge:br0} (a tap interface
 *     of the node's bridge), {@code unix:PATH} (a segment), {@code user} (out by the node's own
 *     address, with nobody coming in)
 * @param mac six bytes in hex with colons, lower case; the same wherever it runs
 */
public record GuestNic(String plug, String mac) {
    private static final Pattern MAC = Pattern.compile("[0-9a-f]{2}(:[0-9a-f]{2}){5}");
    private static final Pattern BRIDGE = Pattern.compile("bridge:[^/\\s:,]{1,15}");

    /**
     * @throws EtherbayException INVALID for what is no plug, or no address of one card
     */
    public GuestNic {
        boolean known = BRIDGE.matcher(plug).matches()
                || (plug.startsWith("unix:") && plug.length() > "unix:".length())
                || plug.equals("user");
        if (!known) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + EtherbayException.shown(plug) + "` is nothing a network card goes into",
                    "it is bridge:NAME, unix:PATH or user",
                    "for instance: --net bridge:br0");
        }
        if (!MAC.matcher(mac).matches() || (Integer.parseInt(mac.substring(0, 2), 16) & 1) != 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + EtherbayException.shown(mac) + "` is no address of a network card",
                    "it is six bytes in hex with colons, and the first one is even",
                    "for instance: 52:54:00:12:34:56; or leave it out");
        }
    }

    /** A card with an address of its own, of those that QEMU's cards have. */
    public static GuestNic of(String plug, Random random) {
        return new GuestNic(
                plug,
                "52:54:00:%02x:%02x:%02x"
                        .formatted(random.nextInt(256), random.nextInt(256), random.nextInt(256)));
    }
}
