// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.target.ExportSettings;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * One export as a person asks for it: how it is served, and what and where. Checked for itself when
 * it is made, against the machine when it is opened.
 *
 * @param interfaces names of NICs, globs or {@code unix:PATH}, as they were written
 * @param backing what the disk is called
 * @param traceFile where its frames are recorded while {@link ExportSettings#traceIo} is on
 * @param directIo past the page cache or not; empty for the default: direct for block devices only
 * @param offsetSectors first sector of the backing that is exported
 * @param lengthSectors sectors exported; 0 for all up to the end
 */
public record ExportSpec(
        ExportSettings settings,
        List<String> interfaces,
        BackingName backing,
        Optional<Path> traceFile,
        Optional<Boolean> directIo,
        long offsetSectors,
        long lengthSectors) {

    public ExportSpec {
        interfaces = List.copyOf(interfaces);
        if (interfaces.isEmpty()) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    settings.name() + " names no interface",
                    "an export is served on at least one",
                    "name a NIC, or unix:PATH");
        }
        if (offsetSectors < 0 || lengthSectors < 0) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "offset " + offsetSectors + ", length " + lengthSectors + " are no range",
                    "both count sectors of 512 bytes and cannot be negative",
                    "give 0 or more");
        }
    }

    /** A file or a block device, not traced into a file. */
    public ExportSpec(
            ExportSettings settings,
            List<String> interfaces,
            Path path,
            Optional<Boolean> directIo,
            long offsetSectors,
            long lengthSectors) {
        this(
                settings,
                interfaces,
                new BackingName.AtPath(path),
                Optional.empty(),
                directIo,
                offsetSectors,
                lengthSectors);
    }

    /**
     * Whether an export that serves this goes over to {@code next} while it serves; else it has to
     * be opened anew.
     */
    public boolean opensAs(ExportSpec next) {
        return settings.appliesLive(next.settings)
                && backing.equals(next.backing)
                && directIo.equals(next.directIo)
                && offsetSectors == next.offsetSectors
                && lengthSectors == next.lengthSectors;
    }

    /** Whether its disk is opened to be read only. */
    public boolean takesNoWrites() {
        return settings.readOnly() || backing.takesNoWrites();
    }

    /** {@code eX.Y}, the address as everyone writes it. */
    public String name() {
        return settings.name();
    }
}
