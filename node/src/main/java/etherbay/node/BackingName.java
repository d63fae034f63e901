// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.nbd.NbdUri;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a person calls the disk behind an export. Which device that is, is looked up each time that
 * the export is opened: see {@link BackingPlace}. {@code toString()} gives what was written.
 */
public sealed interface BackingName {
    /** A file or a block device; or {@code VG/LV}, where there is no file of that name. */
    record AtPath(Path path) implements BackingName {
        @Override
        public String toString() {
            return path.toString();
        }
    }

    /** The UUID of a file system, of swap, of an md array or of something of LVM's. */
    record WithUuid(String uuid) implements BackingName {
        private static final String LVM = "LVM-";

        /**
         * Equal for spellings of one UUID: without dashes, colons and the prefix of device-mapper.
         * Letters are compared without case where they are hexadecimal; LVM's are letters of any
         * kind, and their case counts.
         */
        public String comparable() {
            String bare = (uuid.startsWith(LVM) ? uuid.substring(LVM.length()) : uuid)
                    .replaceAll("[-:]", "");
            return bare.matches("[0-9A-Fa-f]*") ? bare.toLowerCase(Locale.ROOT) : bare;
        }

        @Override
        public String toString() {
            return "UUID " + uuid;
        }
    }

    /** An export of an NBD server. */
    record AtNbd(NbdUri uri) implements BackingName {
        @Override
        public String toString() {
            return uri.toString();
        }
    }

    /**
     * Another one that is to behave otherwise.
     *
     * @param decorations outermost first; at least one
     * @param bare which has none
     */
    record Decorated(List<Decoration> decorations, BackingName bare) implements BackingName {
        public Decorated {
            decorations = List.copyOf(decorations);
        }

        @Override
        public String prefix() {
            return decorations.stream().map(Decoration::prefix).collect(Collectors.joining());
        }

        @Override
        public List<String> warnings() {
            return decorations.stream()
                    .filter(decoration -> !decoration.kind().warning().isEmpty())
                    .map(decoration -> decoration + ": " + decoration.kind().warning())
                    .toList();
        }

        @Override
        public boolean takesNoWrites() {
            return decorations.stream()
                    .anyMatch(decoration -> decoration.kind() == DecorationKind.READ_ONLY);
        }

        @Override
        public String toString() {
            return prefix() + bare;
        }
    }

    /** The disk without what it is decorated with. */
    default BackingName bare() {
        return this;
    }

    /** How it is decorated, as it is written before its name; empty if it is not. */
    default String prefix() {
        return "";
    }

    /** What people have to be told who might take it for an ordinary disk. */
    default List<String> warnings() {
        return List.of();
    }

    /** Whether the name says so already. */
    default boolean takesNoWrites() {
        return false;
    }

    /**
     * A path as a person writes it, or the address of an NBD server in its place; decorated or not.
     *
     * @throws EtherbayException for what can be none
     */
    static BackingName ofPath(String text) {
        return decorated(text, BackingName::ofBarePath);
    }

    private static BackingName decorated(String text, Function<String, BackingName> parse) {
        DecorationReader.Read read = DecorationReader.read(text);
        BackingName bare = parse.apply(read.name());
        return read.decorations().isEmpty() ? bare : new Decorated(read.decorations(), bare);
    }

    private static BackingName ofBarePath(String text) {
        if (NbdUri.isOne(text)) {
            return new AtNbd(NbdUri.parse(text));
        }
        try {
            return new AtPath(Path.of(text));
        } catch (InvalidPathException cause) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "`" + EtherbayException.shown(text) + "` is no path",
                    String.valueOf(cause.getReason()),
                    "name a file, a block device or VG/LV");
        }
    }

    /**
     * A UUID as a person or {@code blkid} writes it; decorated or not.
     *
     * @throws EtherbayException for what can be none
     */
    static BackingName ofUuid(String text) {
        return decorated(text, BackingName::ofBareUuid);
    }

    private static BackingName ofBareUuid(String text) {
        if (text.matches("[0-9A-Za-z][0-9A-Za-z:-]{3,79}")) {
            return new WithUuid(text);
        }
        String bare = text.replaceFirst("^(?i:UUID=)", "").replaceAll("[\"'\\s]", "");
        boolean only = !bare.equals(text) && bare.matches("[0-9A-Za-z][0-9A-Za-z:-]{3,79}");
        throw new EtherbayException(
                ErrorCode.INVALID,
                "`" + EtherbayException.shown(text) + "` is no UUID",
                "one has letters, digits and dashes only",
                only ? "write \"" + bare + "\"" : "take it from `blkid` or `lvs -o lv_uuid`");
    }
}
