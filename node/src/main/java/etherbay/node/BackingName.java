// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.Check;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.InterfacePattern;
import etherbay.base.PortAddress;
import etherbay.initiator.DiskAddress;
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
     * A disk that an AoE target serves.
     *
     * @param interfaces by which it is reached, each a NIC or {@code unix:PATH}; at least one
     */
    record AtAoe(DiskAddress address, List<String> interfaces) implements BackingName {
        /** Where nobody says it. */
        public static final List<String> INTERFACES_DEFAULT = List.of("eth0");

        private static final String BY = "@";

        public AtAoe {
            interfaces = interfaces.stream().distinct().toList();
            Check.that(!interfaces.isEmpty(), "a disk is reached by an interface");
        }

        /** Whether a text is taken for an address of a disk, well written or not. */
        public static boolean isOne(String text) {
            return text.matches("e\\d{1,5}\\.\\d{1,3}(@.*)?");
        }

        /**
         * Reads {@code e1.0} or {@code e1.0@eth1@eth2}.
         *
         * @param otherwise the interfaces of one that names none
         * @throws EtherbayException INVALID for anything else
         */
        public static AtAoe parse(String text, List<String> otherwise) {
            List<String> words = List.of(text.split(BY, -1));
            List<String> named = words.size() > 1 ? words.subList(1, words.size()) : otherwise;
            for (String name : named) {
                if (InterfacePattern.parse(name).isGlob()) {
                    throw new EtherbayException(
                            ErrorCode.INVALID,
                            "`" + EtherbayException.shown(text)
                                    + "` is reached by no one interface",
                            name + " may be many, and none",
                            "name them: " + words.getFirst() + "@eth1, or @eth1@eth2 for two ways");
                }
                PortAddress.parse(name);
            }
            return new AtAoe(DiskAddress.parse(words.getFirst()), named);
        }

        /** Whether {@code text}, as a person writes it, means this disk. */
        public boolean isMeantBy(String text) {
            return isOne(text)
                    && (text.contains(BY)
                            ? equals(parse(text, interfaces))
                            : address.equals(DiskAddress.parse(text)));
        }

        /** What two names of one disk have in common. */
        Path key() {
            return Path.of("aoe", toString());
        }

        @Override
        public String toString() {
            return interfaces.equals(INTERFACES_DEFAULT)
                    ? address.toString()
                    : address + BY + String.join(BY, interfaces);
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
     * A path as a person writes it, or in its place the address of an NBD server or of an AoE disk;
     * decorated or not.
     *
     * @throws EtherbayException for what can be none
     */
    static BackingName ofPath(String text) {
        return ofPath(text, AtAoe.INTERFACES_DEFAULT);
    }

    /**
     * The same.
     *
     * @param interfaces by which an AoE disk is reached that names none itself
     */
    static BackingName ofPath(String text, List<String> interfaces) {
        return decorated(text, bare -> ofBarePath(bare, interfaces));
    }

    private static BackingName decorated(String text, Function<String, BackingName> parse) {
        DecorationReader.Read read = DecorationReader.read(text);
        BackingName bare = parse.apply(read.name());
        return read.decorations().isEmpty() ? bare : new Decorated(read.decorations(), bare);
    }

    private static BackingName ofBarePath(String text, List<String> interfaces) {
        if (AtAoe.isOne(text)) {
            return AtAoe.parse(text, interfaces);
        }
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
