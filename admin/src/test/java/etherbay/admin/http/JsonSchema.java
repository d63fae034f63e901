// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** As much of JSON Schema as our description uses: what a document breaks, by its path. */
final class JsonSchema {
    private final Map<?, ?> schemas;

    JsonSchema(Map<?, ?> schemas) {
        this.schemas = schemas;
    }

    /** Nothing when the value is as the schema says. */
    String complaint(Map<?, ?> schema, @Nullable Object value, String at) {
        if (schema.get("$ref") instanceof String reference) {
            String name = reference.substring(reference.lastIndexOf('/') + 1);
            return schemas.get(name) instanceof Map<?, ?> named
                    ? complaint(named, value, at)
                    : at + ": no schema " + name;
        }
        if (schema.get("anyOf") instanceof List<?> choices) {
            return choices.stream()
                            .anyMatch(it -> complaint((Map<?, ?>) it, value, at).isEmpty())
                    ? ""
                    : at + ": none of its types";
        }
        return switch (String.valueOf(schema.get("type"))) {
            case "null" -> value == null ? "" : at + ": not null";
            case "string" -> value instanceof String ? "" : at + ": no string";
            case "boolean" -> value instanceof Boolean ? "" : at + ": no boolean";
            case "integer" ->
                value instanceof BigDecimal number && number.scale() <= 0
                        ? ""
                        : at + ": no integer";
            case "array" -> array(schema, value, at);
            case "object" -> object(schema, value, at);
            default -> at + ": a type that nobody knows";
        };
    }

    private String array(Map<?, ?> schema, @Nullable Object value, String at) {
        if (!(value instanceof List<?> list)) {
            return at + ": no array";
        }
        return list.stream()
                .map(item -> complaint((Map<?, ?>) schema.get("items"), item, at + "[]"))
                .filter(complaint -> !complaint.isEmpty())
                .findFirst()
                .orElse("");
    }

    private String object(Map<?, ?> schema, @Nullable Object value, String at) {
        if (!(value instanceof Map<?, ?> fields)) {
            return at + ": no object";
        }
        if (schema.get("required") instanceof List<?> names
                && !fields.keySet().containsAll(names)) {
            return at + ": lacks some of " + names;
        }
        Map<?, ?> properties =
                schema.get("properties") instanceof Map<?, ?> known ? known : Map.of();
        for (Map.Entry<?, ?> field : fields.entrySet()) {
            Object property = properties.containsKey(field.getKey())
                    ? properties.get(field.getKey())
                    : schema.get("additionalProperties");
            if (Boolean.FALSE.equals(property)) {
                return at + ": does not know " + field.getKey();
            }
            if (property instanceof Map<?, ?> inner) {
                String complaint = complaint(inner, field.getValue(), at + "." + field.getKey());
                if (!complaint.isEmpty()) {
                    return complaint;
                }
            }
        }
        return "";
    }
}
