// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.machine;

import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/**
 * JSON that QEMU said. What is not there, or is something else, reads as empty: versions differ in
 * what they tell.
 */
record QmpValue(@Nullable Object raw) {
    private static final Jsonb JSON = Jsonb.builder().serializeNulls(true).build();

    /** @throws IllegalArgumentException for what is no JSON */
    static QmpValue parse(String text) {
        try {
            return new QmpValue(JSON.type(Object.class).fromJson(text));
        } catch (JsonException failure) {
            throw new IllegalArgumentException(failure.getMessage(), failure);
        }
    }

    /** On one line; of maps, lists, text, numbers, truth values. */
    static String json(Object value) {
        return JSON.toJson(value);
    }

    /** A member of an object. */
    QmpValue at(String name) {
        return new QmpValue(raw instanceof Map<?, ?> map ? map.get(name) : null);
    }

    boolean isPresent() {
        return raw != null;
    }

    /** Empty for what is no text. */
    String text() {
        return raw instanceof String text ? text : "";
    }

    /** 0 for what is no number. */
    long number() {
        return raw instanceof Number number ? number.longValue() : 0;
    }

    boolean truth() {
        return raw instanceof Boolean yes && yes;
    }

    /** Empty for what is no list. */
    List<QmpValue> list() {
        return raw instanceof List<?> list
                ? list.stream().map(each -> new QmpValue(each)).toList()
                : List.of();
    }
}
