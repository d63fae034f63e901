// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.Check;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import io.avaje.json.JsonException;
import io.avaje.json.JsonReader;
import io.avaje.json.JsonWriter;
import io.avaje.json.stream.JsonStream;

import org.jspecify.annotations.Nullable;

import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Records as JSON, and JSON of others as maps and lists. A record becomes an object whose names are
 * its components, in their order; a map keeps its order; null stays null; nothing is left out. All
 * methods are pure and may be called from any thread.
 */
public final class Documents {
    /** Of what others send; what we make is not bounded. */
    public static final int DEPTH_MAX = 16;

    private static final JsonStream JSON =
            JsonStream.builder().serializeNulls(true).serializeEmpty(true).build();

    private static final ClassValue<RecordComponent[]> COMPONENTS = new ClassValue<>() {
        @Override
        protected RecordComponent[] computeValue(Class<?> type) {
            return type.getRecordComponents();
        }
    };

    private Documents() {}

    /** The JSON text, on one line. */
    public static String json(@Nullable Object value) {
        StringWriter text = new StringWriter();
        try (JsonWriter writer = JSON.writer(text)) {
            write(writer, value);
        }
        return text.toString();
    }

    /** The JSON text, in UTF-8. */
    public static byte[] bytes(@Nullable Object value) {
        return json(value).getBytes(StandardCharsets.UTF_8);
    }

    private static void write(JsonWriter writer, @Nullable Object value) {
        switch (value) {
            case null -> writer.nullValue();
            case String text -> writer.value(text);
            case Boolean yes -> writer.value(yes.booleanValue());
            case Integer number -> writer.value(number.intValue());
            case Long number -> writer.value(number.longValue());
            case Double number -> writer.value(number.doubleValue());
            case BigDecimal number -> writer.value(number);
            case Map<?, ?> map -> writeMap(writer, map);
            case Iterable<?> list -> writeList(writer, list);
            case Record fields -> writeRecord(writer, fields);
            default ->
                throw new IllegalArgumentException(
                        "no JSON for a " + value.getClass().getName());
        }
    }

    private static void writeMap(JsonWriter writer, Map<?, ?> map) {
        writer.beginObject();
        map.forEach((name, value) -> {
            writer.name(String.valueOf(name));
            write(writer, value);
        });
        writer.endObject();
    }

    private static void writeList(JsonWriter writer, Iterable<?> list) {
        writer.beginArray();
        for (Object value : list) {
            write(writer, value);
        }
        writer.endArray();
    }

    private static void writeRecord(JsonWriter writer, Record fields) {
        writer.beginObject();
        for (RecordComponent component : COMPONENTS.get(fields.getClass())) {
            writer.name(component.getName());
            write(writer, value(component, fields));
        }
        writer.endObject();
    }

    private static @Nullable Object value(RecordComponent component, Record fields) {
        try {
            return component.getAccessor().invoke(fields);
        } catch (IllegalAccessException | InvocationTargetException failure) {
            throw new IllegalArgumentException("a record of the API is public", failure);
        }
    }

    /**
     * What a JSON text says: a map in its order, a list, String, Boolean, {@link BigDecimal} or
     * null. Stricter than the parser beneath: nothing may follow, no name twice, no deeper than
     * {@link #DEPTH_MAX}.
     *
     * @param name of the text in messages: {@code the body}
     * @throws EtherbayException INVALID, saying where it is wrong
     */
    public static @Nullable Object read(String text, String name) {
        String complaint = JsonForm.complaint(text, DEPTH_MAX);
        if (!complaint.isEmpty()) {
            throw invalid(name, complaint);
        }
        try (JsonReader reader = JSON.reader(text)) {
            return read(reader, name);
        } catch (JsonException failure) {
            throw invalid(name, EtherbayException.shown(String.valueOf(failure.getMessage())));
        }
    }

    /**
     * A record of the API from the JSON text that a node made of it; what is not known of it here
     * is passed over, what is missing is zero, empty, or null where it may be.
     *
     * @param name of the text in messages: {@code the report}
     * @throws EtherbayException INVALID when it is another thing altogether
     */
    public static <T extends Record> T read(String text, String name, Class<T> type) {
        return new RecordReader(name).record(read(text, name), type);
    }

    /** A list of such records. */
    public static <T extends Record> List<T> readList(String text, String name, Class<T> type) {
        RecordReader reader = new RecordReader(name);
        return read(text, name) instanceof List<?> all
                ? all.stream().map(each -> reader.record(each, type)).toList()
                : List.of(reader.record(null, type));
    }

    private static EtherbayException invalid(String name, String why) {
        return new EtherbayException(
                ErrorCode.INVALID,
                name + " is not JSON that is read here",
                why,
                "send one JSON document in UTF-8");
    }

    private static @Nullable Object read(JsonReader reader, String name) {
        return switch (reader.currentToken()) {
            case BEGIN_OBJECT -> readObject(reader, name);
            case BEGIN_ARRAY -> readArray(reader, name);
            case STRING -> reader.readString();
            case NUMBER -> reader.readDecimal();
            case BOOLEAN -> reader.readBoolean();
            case NULL -> {
                Check.that(reader.isNullValue(), "the token is null");
                yield null;
            }
        };
    }

    private static Map<String, @Nullable Object> readObject(JsonReader reader, String name) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        reader.beginObject();
        while (reader.hasNextField()) {
            String key = reader.nextField();
            if (object.containsKey(key)) {
                throw invalid(name, "the key " + EtherbayException.shown(key) + " stands twice");
            }
            object.put(key, read(reader, name));
        }
        reader.endObject();
        return object;
    }

    private static List<@Nullable Object> readArray(JsonReader reader, String name) {
        List<@Nullable Object> array = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNextElement()) {
            array.add(read(reader, name));
        }
        reader.endArray();
        return array;
    }
}
