// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What a guest is, wherever it runs. A value; what it must look like to others does not change when
 * it moves.
 *
 * @param name unique among the nodes that know each other; a host name
 * @param id a UUID, which the guest sees as that of its mainboard
 * @param machine the mainboard with its version, {@code pc-q35-7.2}: a newer hypervisor still has
 *     it, and a guest that runs cannot get another one
 * @param cpu {@code host}, {@code max}, or a model that all its nodes have
 * @param cpuCount at least 1
 * @param memoryMib at least 16
 * @param disk the mirror
 * @param vnc whether a screen can be looked at, besides the serial console that there always is
 */
public record GuestSpec(
        String name,
        String id,
        String machine,
        String cpu,
        int cpuCount,
        long memoryMib,
        GuestDisk disk,
        List<GuestNic> nics,
        GuestBoot boot,
        boolean vnc) {
    public static final int CPU_COUNT_MAX = 255;
    public static final long MEMORY_MIB_MIN = 16;
    public static final long MEMORY_MIB_MAX = 1 << 22; // 4 TiB

    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?");

    public GuestSpec {
        nics = List.copyOf(nics);
        requireName(name);
        require(
                cpuCount >= 1 && cpuCount <= CPU_COUNT_MAX,
                "a guest has no " + cpuCount + " processors",
                "it has 1 to " + CPU_COUNT_MAX);
        require(
                memoryMib >= MEMORY_MIB_MIN && memoryMib <= MEMORY_MIB_MAX,
                "a guest has no " + memoryMib + " MiB of memory",
                "it has " + MEMORY_MIB_MIN + " to " + MEMORY_MIB_MAX);
    }

    /** The same guest on that disk. */
    public GuestSpec on(GuestDisk other) {
        return new GuestSpec(name, id, machine, cpu, cpuCount, memoryMib, other, nics, boot, vnc);
    }

    /** @throws EtherbayException INVALID for what cannot name a guest: it becomes a file's name */
    public static void requireName(String name) {
        require(
                NAME.matcher(name).matches(),
                "`" + EtherbayException.shown(name) + "` is no name for a guest",
                "it has up to 40 letters a-z, digits and inner hyphens");
    }

    private static void require(boolean holds, String what, String why) {
        if (!holds) {
            throw new EtherbayException(ErrorCode.INVALID, what, why, "give one that is");
        }
    }
}
