// SPDX-License-Identifier: Apache-2.0
package etherbay.node.device;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What a person decides about a device.
 *
 * @param name by which it is found again, as {@code e1.0}: letters, digits, {@code . _ -}, at most
 *     64; its link is {@code /dev/etherbay/NAME}
 * @param state folder that remembers it
 * @param socket where the NBD server listens
 * @param export the server's name of the disk; empty for its default
 * @param connectionCount how many to open, 1 to {@value #CONNECTION_COUNT_MAX}; one only where the
 *     server does not say that several see the same disk
 * @param timeoutSeconds after which the kernel sends a request again on another connection, 1 or
 *     more
 * @param deadSeconds for which requests wait for a server that is gone, before they fail
 */
public record DeviceSettings(
        String name,
        Path state,
        Path socket,
        String export,
        int connectionCount,
        int timeoutSeconds,
        int deadSeconds) {
    /** One for each of the processors that commonly write at once; more show no gain. */
    public static final int CONNECTION_COUNT_DEFAULT = 4;

    /** Each costs a queue of the device in the kernel. */
    public static final int CONNECTION_COUNT_MAX = 16;

    /**
     * What was under way when a server ended waits so long; what a slow disk takes longer for is
     * sent twice.
     */
    public static final int TIMEOUT_SECONDS_DEFAULT = 30;

    /** Long enough for a machine to boot and start its services. */
    public static final int DEAD_SECONDS_DEFAULT = 600;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /** @throws EtherbayException INVALID for a value that is not allowed */
    public DeviceSettings {
        require(isName(name), "its name is `" + name + "`", "use letters, digits, . _ -");
        require(
                connectionCount >= 1 && connectionCount <= CONNECTION_COUNT_MAX,
                connectionCount + " connections are asked for",
                "ask for 1 to " + CONNECTION_COUNT_MAX);
        require(
                timeoutSeconds >= 1 && deadSeconds >= 1,
                "its time-outs are %d and %d s".formatted(timeoutSeconds, deadSeconds),
                "give a second or more: without them no device survives its server");
    }

    /** With the defaults. */
    public static DeviceSettings of(String name, Path state, Path socket, String export) {
        return new DeviceSettings(
                name,
                state,
                socket,
                export,
                CONNECTION_COUNT_DEFAULT,
                TIMEOUT_SECONDS_DEFAULT,
                DEAD_SECONDS_DEFAULT);
    }

    /** Whether a device may be called so. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    private static void require(boolean allowed, String why, String correction) {
        if (!allowed) {
            throw new EtherbayException(
                    ErrorCode.INVALID, "there can be no such device", why, correction);
        }
    }
}
