// SPDX-License-Identifier: Apache-2.0
package etherbay.nbd;

import etherbay.base.BlockDevice;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.charset.StandardCharsets;

/**
 * A device as a server offers it.
 *
 * @param name what clients ask for; may be empty, at most 4096 bytes of UTF-8
 * @param description for people; may be empty, at most 4096 bytes
 * @param device on the loop of the server, and not closed by it
 * @param readOnly takes no writes, whatever the device takes
 */
public record NbdExport(String name, String description, BlockDevice device, boolean readOnly) {
    public NbdExport {
        checkLength(name, "name");
        checkLength(description, "description");
    }

    private static void checkLength(String text, String what) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > NbdWire.STRING_BYTES_MAX) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "the " + what + " of an NBD export is too long",
                    "it has %d bytes, NBD allows %d".formatted(bytes, NbdWire.STRING_BYTES_MAX),
                    "choose a shorter one");
        }
    }
}
