// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.image;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.nio.file.Path;
import java.util.regex.Pattern;

/** Where the content comes from. */
public sealed interface ImageSource {
    /** An image, raw or qcow2, that is copied as it is. */
    record Copied(Path file) implements ImageSource {}

    /** As {@link Copied}; it sets itself up from a seed at its first start. */
    record Cloud(Path file) implements ImageSource {}

    /** Debian's packages of a release. */
    record Debian(String suite) implements ImageSource {}

    /**
     * From {@code PATH}, {@code cloud:FILE} or {@code debootstrap:SUITE}.
     *
     * @throws EtherbayException INVALID for a name that no release of Debian has
     */
    static ImageSource of(String text) {
        if (text.startsWith("cloud:")) {
            return new Cloud(Path.of(text.substring("cloud:".length())));
        }
        if (text.startsWith("debootstrap:")) {
            String suite = text.substring("debootstrap:".length());
            if (!Pattern.matches("[a-z][a-z0-9-]{1,30}", suite)) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "`" + EtherbayException.shown(suite) + "` is no release of Debian",
                        "it is a word such as bookworm",
                        "for instance: --image debootstrap:bookworm");
            }
            return new Debian(suite);
        }
        return new Copied(Path.of(text));
    }
}
