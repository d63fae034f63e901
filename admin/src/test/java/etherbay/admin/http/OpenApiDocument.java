// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import org.jspecify.annotations.Nullable;

import java.lang.reflect.AnnotatedType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The description of the API (OpenAPI 3.1) as the routes and the records have it. */
final class OpenApiDocument {
    private static final Map<String, String> MEANT = Map.of(
            "exports", "e0.0",
            "mirrors", "vm1",
            "tasks", "t1",
            "peers", "node2",
            "guests", "vm1",
            "peer", "vm1");

    private static final String DESCRIPTION =
            "How a node is, and what can be asked of it. Times are milliseconds of the wall clock"
                    + " (...Ms); an absent value is null. The stream's messages are Hello, Changed,"
                    + " Gone, Live, Health, Event, Task and Beat.";

    private static final Map<String, Map<String, Integer>> QUERIES = Map.of(
            "/api/v1/exports/{name}/pcap", Map.of("seconds", 5),
            "/api/v1/events", new TreeMap<>(Map.of("since", 0, "limit", 100)),
            "/api/v1/audit", Map.of("limit", 100));

    private final Map<String, Object> schemas = new TreeMap<>();

    private OpenApiDocument() {}

    static Map<String, Object> of(List<Route> routes) {
        OpenApiDocument document = new OpenApiDocument();
        Map<String, Map<String, Object>> paths = new TreeMap<>();
        for (Route route : routes) {
            paths.computeIfAbsent(route.path(), path -> new TreeMap<>())
                    .put(route.method().toLowerCase(Locale.ROOT), document.operation(route));
        }
        for (Class<? extends Record> message : List.of(
                Failures.Failure.class,
                Stream.Hello.class,
                Stream.Changed.class,
                Stream.Gone.class,
                Stream.Beat.class,
                LiveRates.Live.class)) {
            document.schema(message);
        }
        return map(
                "openapi", "3.1.0",
                "info",
                        map(
                                "title",
                                "Etherbay",
                                "version",
                                "v1",
                                "description",
                                DESCRIPTION,
                                "license",
                                map("name", "Apache-2.0", "identifier", "Apache-2.0")),
                "paths", paths,
                "components",
                        map(
                                "securitySchemes",
                                map(
                                        "token",
                                        map("type", "http", "scheme", "bearer"),
                                        "node",
                                        map(
                                                "type",
                                                "mutualTLS",
                                                "description",
                                                "the certificate of a node of [nodes]")),
                                "schemas",
                                document.schemas),
                "security", List.of(map("token", List.of()), map("node", List.of())));
    }

    private Map<String, Object> operation(Route route) {
        Map<String, Object> operation = map(
                "summary",
                route.summary(),
                "description",
                "Role: " + route.role().name().toLowerCase(Locale.ROOT)
                        + (route.isForNodes() ? "; other nodes, too" : ""));
        List<Object> parameters = new ArrayList<>();
        if (route.path().contains("{name}")) {
            String meant = MEANT.get(route.path().split("/", 5)[3]);
            parameters.add(map(
                    "name",
                    "name",
                    "in",
                    "path",
                    "required",
                    true,
                    "schema",
                    map("type", "string"),
                    "example",
                    meant));
        }
        QUERIES.getOrDefault(route.path(), Map.of())
                .forEach((name, example) -> parameters.add(map(
                        "name",
                        name,
                        "in",
                        "query",
                        "required",
                        false,
                        "schema",
                        map("type", name.equals("seconds") ? "number" : "integer"),
                        "example",
                        example)));
        if (route.method().equals("PUT")) {
            parameters.add(header("If-Match", "\"1\""));
        }
        if (route.isAudited()) {
            parameters.add(header("Etherbay-Reason", "planned"));
        }
        operation.put("parameters", parameters);
        if (!route.method().equals("GET")
                && !route.path().endsWith("/tasks/{name}/cancel")
                && !route.path().endsWith("/look")) {
            operation.put("requestBody", requestBody(route.path()));
        }
        operation.put(
                "responses",
                map(
                        "200", map("description", "OK", "content", content(route.answers())),
                        "default",
                                map(
                                        "description",
                                        "Refused",
                                        "content",
                                        map(
                                                "application/json",
                                                map("schema", reference("Failure"))))));
        return operation;
    }

    private static Map<String, Object> header(String name, String example) {
        return map(
                "name",
                name,
                "in",
                "header",
                "required",
                false,
                "schema",
                map("type", "string"),
                "example",
                example);
    }

    private static Map<String, Object> requestBody(String path) {
        if (path.contains("/settings")) {
            return map(
                    "required",
                    true,
                    "content",
                    map(
                            "application/toml",
                            map("schema", map("type", "string"), "example", "# nothing\n")));
        }
        boolean isTrace = path.endsWith("/trace");
        Map<String, Object> schema = isTrace
                ? map(
                        "type",
                        "object",
                        "required",
                        List.of("on"),
                        "properties",
                        map("on", map("type", "boolean")),
                        "additionalProperties",
                        false)
                : map(
                        "type",
                        "object",
                        "additionalProperties",
                        map("type", List.of("string", "number", "boolean")));
        Object example = isTrace ? map("on", true) : example(path);
        return map(
                "required",
                isTrace,
                "content",
                map("application/json", map("schema", schema, "example", example)));
    }

    private static Map<String, Object> example(String path) {
        if (path.endsWith("/guests")) {
            return map("name", "vm2", "legs", "e3.0,e4.0");
        }
        if (path.endsWith("/migrate")) {
            return map("node", "node2");
        }
        return path.contains("/guests/") ? map() : map("leg", "e1.0");
    }

    private Map<String, Object> content(Route.Answer answer) {
        String type = answer.contentType().replaceFirst(";.*", "");
        Object schema = answer.type()
                .map(record -> answer.isList()
                        ? map("type", "array", "items", schema(record))
                        : schema(record))
                .orElse(map("type", type.equals("application/json") ? "object" : "string"));
        return map(type, map("schema", schema));
    }

    private Map<String, Object> schema(Class<? extends Record> type) {
        if (!schemas.containsKey(type.getSimpleName())) {
            Map<String, Object> properties = new LinkedHashMap<>();
            List<String> names = new ArrayList<>();
            schemas.put(
                    type.getSimpleName(),
                    map(
                            "type",
                            "object",
                            "required",
                            names,
                            "properties",
                            properties,
                            "additionalProperties",
                            false));
            for (RecordComponent component : type.getRecordComponents()) {
                names.add(component.getName());
                properties.put(component.getName(), schema(component.getAnnotatedType()));
            }
        }
        return reference(type.getSimpleName());
    }

    private static Map<String, Object> reference(String name) {
        return map("$ref", "#/components/schemas/" + name);
    }

    private Map<String, Object> schema(AnnotatedType annotated) {
        Map<String, Object> plain = schema(annotated.getType());
        if (!annotated.isAnnotationPresent(Nullable.class)) {
            return plain;
        }
        return map("anyOf", List.of(plain, map("type", "null")));
    }

    private Map<String, Object> schema(Type type) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            return generic.getRawType() == List.class
                    ? map("type", "array", "items", schema(arguments[0]))
                    : map("type", "object", "additionalProperties", schema(arguments[1]));
        }
        if (type == String.class) {
            return map("type", "string");
        }
        if (type == boolean.class) {
            return map("type", "boolean");
        }
        if (type == long.class || type == int.class || type == Long.class) {
            return map("type", "integer");
        }
        if (type == Record.class) {
            return map("type", "object");
        }
        return schema(((Class<?>) type).asSubclass(Record.class));
    }

    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int index = 0; index < pairs.length; index += 2) {
            map.put((String) pairs[index], pairs[index + 1]);
        }
        return map;
    }
}
