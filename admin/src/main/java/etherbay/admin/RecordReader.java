// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON of a node as the records that it was made of, the way back of {@link Documents#json}. A node
 * may be older or newer than who asks it: what is not known here is passed over, and what it does
 * not tell is nothing, zero, empty, or null where the record allows that.
 */
final class RecordReader {
    private final String name;

    /** @param name of the text in messages */
    RecordReader(String name) {
        this.name = name;
    }

    <T extends Record> T record(@Nullable Object read, Class<T> type) {
        if (!(read instanceof Map<?, ?> fields)) {
            throw unexpected(type, read);
        }
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        @Nullable Object[] values = new Object[components.length];
        for (int index = 0; index < components.length; index++) {
            types[index] = components[index].getType();
            values[index] = component(fields.get(components[index].getName()), components[index]);
        }
        try {
            Constructor<T> canonical = type.getDeclaredConstructor(types);
            return canonical.newInstance(values);
        } catch (InvocationTargetException refused) {
            if (refused.getCause() instanceof EtherbayException why) {
                throw why; // the record itself says what it does not take
            }
            throw new IllegalArgumentException("a record takes what it is given", refused);
        } catch (ReflectiveOperationException failure) {
            throw new IllegalArgumentException("a record of the API is public", failure);
        }
    }

    private @Nullable Object component(@Nullable Object read, RecordComponent component) {
        boolean mayBeNull = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
        return read == null && mayBeNull ? null : value(read, component.getGenericType());
    }

    private Object value(@Nullable Object read, Type type) {
        if (type instanceof ParameterizedType of) {
            Type last = of.getActualTypeArguments()[of.getActualTypeArguments().length - 1];
            return of.getRawType() == List.class ? list(read, last) : map(read, last);
        }
        if (type instanceof Class<?> plain && plain.isRecord()) {
            return record(read == null ? Map.of() : read, plain.asSubclass(Record.class));
        }
        if (type == String.class) {
            return read instanceof String text ? text : absent(read, type, "");
        }
        if (type == boolean.class) {
            return read instanceof Boolean yes ? yes : absent(read, type, false);
        }
        BigDecimal number = read instanceof BigDecimal some
                ? some
                : (BigDecimal) absent(read, type, BigDecimal.ZERO);
        if (type == int.class) {
            return number.intValue();
        }
        return type == double.class ? (Object) number.doubleValue() : (Object) number.longValue();
    }

    private List<Object> list(@Nullable Object read, Type type) {
        List<Object> list = new ArrayList<>();
        for (Object each : read instanceof List<?> all ? all : List.of()) {
            list.add(value(each, type));
        }
        return list;
    }

    private Map<String, Object> map(@Nullable Object read, Type type) {
        Map<String, Object> map = new LinkedHashMap<>();
        (read instanceof Map<?, ?> all ? all : Map.of())
                .forEach((key, each) -> map.put(String.valueOf(key), value(each, type)));
        return map;
    }

    private Object absent(@Nullable Object read, Type type, Object otherwise) {
        if (read != null) {
            throw unexpected(type, read);
        }
        return otherwise;
    }

    private EtherbayException unexpected(Type type, @Nullable Object read) {
        return new EtherbayException(
                ErrorCode.INVALID,
                name + " is not what this program understands",
                "where a %s belongs there is %s"
                        .formatted(
                                type.getTypeName().replaceFirst(".*[.$]", ""),
                                read == null ? "nothing" : "something else"),
                "use the program of the node's own version");
    }
}
