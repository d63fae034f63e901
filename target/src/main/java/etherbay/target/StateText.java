// SPDX-License-Identifier: Apache-2.0
package etherbay.target;

import etherbay.aoe.IdentifyData;
import etherbay.base.Epoch;
import etherbay.base.MacAddress;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * An {@link ExportState} as text that a person can read: a first line with the version, {@code key
 * value} lines, those with lists once per entry, and a last line with the CRC-32C of all before it.
 * Bytes that do not print, and the backslash, are written {@code \xHH}.
 *
 * <pre>
 * etherbay-export-state 1
 * serial 7K2MQX4RVB9TNWZ3HCDA
 * mask 02:00:00:00:00:07
 * floor 02:00:00:00:00:07 8000002a
 * crc32c 5d1e8f20
 * </pre>
 *
 * <p>A version reads what it wrote itself and what the version before it wrote; there is one so
 * far.
 *
 * <p>Public for whoever keeps states elsewhere than in a {@link FileStateStore}.
 */
public final class StateText {
    /** The text is not what was written: {@code getMessage} says what about it is wrong. */
    public static final class DamagedException extends Exception {
        private static final long serialVersionUID = 1;

        DamagedException(String message) {
            super(message);
        }
    }

    private static final String MAGIC = "etherbay-export-state ";
    private static final int VERSION = 1;
    private static final String SUM = "crc32c ";

    private StateText() {}

    /** The bytes of a state file. */
    public static byte[] encode(ExportState state) {
        StringBuilder text = new StringBuilder(512);
        text.append(MAGIC).append(VERSION).append('\n');
        line(text, "serial", state.serial());
        line(text, "backing", state.backing());
        line(text, "incarnation", Long.toHexString(state.incarnation()));
        line(text, "boot", state.bootId());
        line(text, "clean-stop", Boolean.toString(state.cleanStop()));
        line(text, "sync-failed", Boolean.toString(state.syncFailed()));
        line(text, "epoch", state.epoch().toString());
        state.owners().forEach(mac -> line(text, "owner", mac.toString()));
        state.reservations().forEach(mac -> line(text, "reservation", mac.toString()));
        state.masks().forEach(mac -> line(text, "mask", mac.toString()));
        for (ExportState.Floor floor : state.floors()) {
            line(text, "floor", floor.mac() + " " + Integer.toHexString(floor.tag()));
        }
        line(text, "config", state.config());
        String sum = sum(text.toString());
        text.append(SUM).append(sum).append('\n');
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static void line(StringBuilder text, String key, String value) {
        text.append(key).append(' ');
        for (byte octet : value.getBytes(charsetOf(key))) {
            boolean plain = octet >= ' ' && octet <= '~' && octet != '\\';
            if (plain) {
                text.append((char) octet);
            } else {
                text.append(String.format(Locale.ROOT, "\\x%02x", octet & 0xff));
            }
        }
        text.append('\n');
    }

    /** A config string is bytes; names are text. */
    private static Charset charsetOf(String key) {
        return key.equals("config") ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8;
    }

    private static String sum(String text) {
        CRC32C crc32c = new CRC32C();
        crc32c.update(text.getBytes(StandardCharsets.ISO_8859_1)); // each byte as it stands
        return String.format(Locale.ROOT, "%08x", crc32c.getValue());
    }

    /**
     * What {@link #encode} was given.
     *
     * @throws DamagedException when the bytes are not what it returned
     */
    public static ExportState decode(byte[] bytes) throws DamagedException {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        if (!text.startsWith(MAGIC)) {
            throw new DamagedException("it does not begin with \"" + MAGIC.strip() + "\"");
        }
        int sumAt = text.lastIndexOf("\n" + SUM) + 1;
        String sumLine = text.substring(sumAt);
        if (sumAt == 0 || !sumLine.equals(SUM + sum(text.substring(0, sumAt)) + "\n")) {
            throw new DamagedException(
                    "its checksum is wrong: it was cut short, edited or damaged");
        }
        List<String> lines = text.substring(0, sumAt).lines().toList();
        if (!lines.getFirst().equals(MAGIC + VERSION)) {
            throw new DamagedException("it was written by another version of etherbay");
        }
        return new Fields(lines.subList(1, lines.size())).state();
    }

    /** The values by key, in the order of the lines. */
    private static final class Fields {
        private final Map<String, List<String>> values = new HashMap<>();

        Fields(List<String> lines) throws DamagedException {
            for (String line : lines) {
                int blank = line.indexOf(' ');
                if (blank < 0) {
                    throw new DamagedException("the line \"" + line + "\" has no value");
                }
                String key = line.substring(0, blank);
                values.computeIfAbsent(key, _ -> new ArrayList<>())
                        .add(unescaped(key, line.substring(blank + 1)));
            }
        }

        ExportState state() throws DamagedException {
            try {
                return new ExportState(
                        config(),
                        macs("mask", Limits.MAC_COUNT_MAX),
                        macs("reservation", Limits.MAC_COUNT_MAX),
                        new Epoch(Long.parseUnsignedLong(one("epoch"))),
                        macs("owner", Limits.OWNER_COUNT_MAX),
                        floors(),
                        serial(),
                        one("backing"),
                        Long.parseUnsignedLong(one("incarnation"), 16),
                        one("boot"),
                        Boolean.parseBoolean(one("clean-stop")),
                        Boolean.parseBoolean(one("sync-failed")));
            } catch (NumberFormatException notNumber) {
                throw new DamagedException("a number in it is none: " + notNumber.getMessage());
            }
        }

        private String one(String key) throws DamagedException {
            List<String> found = values.getOrDefault(key, List.of());
            if (found.size() != 1) {
                throw new DamagedException("it has " + found.size() + " lines \"" + key + "\"");
            }
            return found.getFirst();
        }

        /** Each value of the key; more than there may be were never written. */
        private List<String> some(String key, int countMax) throws DamagedException {
            List<String> found = values.getOrDefault(key, List.of());
            if (found.size() > countMax) {
                throw new DamagedException(
                        "it has " + found.size() + " lines \"" + key + "\", more than " + countMax);
            }
            return found;
        }

        private String config() throws DamagedException {
            String config = one("config");
            if (config.length() > Limits.CONFIG_BYTES_MAX) {
                throw new DamagedException("its config string is too long");
            }
            return config;
        }

        private String serial() throws DamagedException {
            String serial = one("serial");
            if (!IdentifyData.isText(serial, Limits.SERIAL_CHARACTER_COUNT)) {
                throw new DamagedException("its serial is none");
            }
            return serial;
        }

        private List<MacAddress> macs(String key, int countMax) throws DamagedException {
            List<MacAddress> macs = new ArrayList<>();
            for (String value : some(key, countMax)) {
                macs.add(mac(value));
            }
            return macs;
        }

        private List<ExportState.Floor> floors() throws DamagedException {
            List<ExportState.Floor> floors = new ArrayList<>();
            for (String value : some("floor", Limits.FLOOR_COUNT_MAX)) {
                int blank = Math.max(0, value.indexOf(' '));
                int tag = Integer.parseUnsignedInt(value.substring(blank).strip(), 16);
                floors.add(new ExportState.Floor(mac(value.substring(0, blank)), tag));
            }
            return floors;
        }

        private static MacAddress mac(String value) throws DamagedException {
            return MacAddress.parse(value)
                    .orElseThrow(() -> new DamagedException("\"" + value + "\" is no MAC address"));
        }

        private static String unescaped(String key, String value) throws DamagedException {
            byte[] octets = new byte[value.length()];
            int count = 0;
            for (int i = 0; i < value.length(); i++) {
                char character = value.charAt(i);
                if (character != '\\') {
                    octets[count++] = (byte) character;
                    continue;
                }
                boolean escaped = value.startsWith("\\x", i)
                        && i + 4 <= value.length()
                        && HexFormat.isHexDigit(value.charAt(i + 2))
                        && HexFormat.isHexDigit(value.charAt(i + 3));
                if (!escaped) {
                    throw new DamagedException("a backslash in \"" + key + "\" begins no \\xHH");
                }
                octets[count++] = (byte) HexFormat.fromHexDigits(value, i + 2, i + 4);
                i += 3;
            }
            return new String(octets, 0, count, charsetOf(key));
        }
    }
}
