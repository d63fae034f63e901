// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Nearest;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A JSON object that somebody sent, checked field by field. Whatever is wrong is an {@link
 * EtherbayException} INVALID that names the key; an unknown key names the nearest known one, if one
 * is near.
 */
public final class Body {
    private static final int SHOWN_MAX = 64;

    private final Map<?, ?> fields;

    private Body(Map<?, ?> fields) {
        this.fields = fields;
    }

    /**
     * Reads an object; an empty body is one without fields.
     *
     * @param known the keys that may stand there; none for any
     */
    public static Body read(byte[] bytes, String... known) {
        String text = utf8(bytes);
        Object read = text.isBlank() ? Map.of() : Documents.read(text, "the body");
        if (!(read instanceof Map<?, ?> fields)) {
            throw invalid(
                    "the body is " + kind(read), "an object is needed", "send {\"KEY\": VALUE}");
        }
        if (known.length > 0) {
            fields.keySet().forEach(key -> checkKnown(String.valueOf(key), List.of(known)));
        }
        return new Body(fields);
    }

    /** The text of UTF-8 bytes; INVALID when they are none. */
    public static String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException failure) {
            throw invalid("the body is no text", "its bytes are not UTF-8", "send UTF-8");
        }
    }

    private static void checkKnown(String key, List<String> known) {
        if (!known.contains(key)) {
            throw invalid(
                    "there is no key " + shown(key) + " here",
                    "known: " + String.join(", ", new TreeSet<>(known)),
                    Nearest.to(key, known)
                            .map(nearest -> "write " + nearest + ", or leave it out")
                            .orElse("leave it out"));
        }
    }

    /** The boolean of a key, which must be there. */
    public boolean truth(String key) {
        if (fields.get(key) instanceof Boolean value) {
            return value;
        }
        throw wrongType(key, "true or false");
    }

    /** The string of a key, which must be there. */
    public String text(String key) {
        if (fields.get(key) instanceof String value) {
            return value;
        }
        throw wrongType(key, "a string");
    }

    /** All fields as strings: booleans and numbers as they are written; nothing else is allowed. */
    public Map<String, String> options() {
        Map<String, String> options = new LinkedHashMap<>();
        fields.forEach((name, value) -> {
            String key = String.valueOf(name);
            if (value == null || value instanceof Map || value instanceof List) {
                throw wrongType(key, "a string, a number, true or false");
            }
            options.put(key, String.valueOf(value));
        });
        return options;
    }

    private EtherbayException wrongType(String key, String needed) {
        String is = fields.containsKey(key) ? "is " + kind(fields.get(key)) : "is not there";
        return invalid("the key " + shown(key) + " " + is, needed + " is needed", "send " + needed);
    }

    private static String kind(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case Map<?, ?> map -> "an object";
            case List<?> list -> "an array";
            case String text -> "a string";
            case Boolean yes -> String.valueOf(yes);
            default -> "a number";
        };
    }

    private static String shown(String key) {
        String cut = key.length() > SHOWN_MAX ? key.substring(0, SHOWN_MAX) + "..." : key;
        return EtherbayException.shown(cut);
    }

    private static EtherbayException invalid(String message, String why, String correction) {
        return new EtherbayException(ErrorCode.INVALID, message, why, correction);
    }
}
