// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.volume.VolumeSize;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How large a volume is to be: {@code --size} or {@code --extents}, one of them. */
final class SizeOption {
    private static final int SECTOR_BYTES = 512;

    @Option(
            names = {"-L", "--size"},
            paramLabel = "SIZE",
            description = "64M, 10G, 1T; when resizing with + or - before it to add or take")
    private @Nullable String size;

    @Option(
            names = {"-l", "--extents"},
            paramLabel = "N",
            description = "extents; or N%%FREE, N%%VG")
    private @Nullable String extents;

    /**
     * Which of them was given.
     *
     * @throws EtherbayException INVALID for what is no size
     */
    VolumeSize size(CommandSpec spec) {
        if (size != null && extents != null) {
            throw new ParameterException(
                    spec.commandLine(), "--size and --extents exclude each other");
        }
        if (size != null) {
            return VolumeSize.ofBytes(size);
        }
        if (extents != null) {
            return VolumeSize.ofExtents(extents);
        }
        throw new ParameterException(
                spec.commandLine(), "Missing how large: --size SIZE or --extents N");
    }

    /**
     * A size of something that is no volume.
     *
     * @param option that it is given with
     * @param unit of a number without one
     * @throws EtherbayException INVALID for what is none, or no whole sectors
     */
    static long sectors(String option, String text, String unit) {
        VolumeSize size = VolumeSize.ofBytes(text.matches("[0-9]+") ? text + unit : text);
        if (size.sign() != 0 || size.number() % SECTOR_BYTES != 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    option + " cannot be " + EtherbayException.shown(text),
                    "it is a size of whole sectors of 512 bytes",
                    "write a number with a unit: 64K, 4M");
        }
        return size.number() / SECTOR_BYTES;
    }
}
