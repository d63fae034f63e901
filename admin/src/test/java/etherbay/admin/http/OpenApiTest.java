// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.Documents;
import etherbay.admin.Reports;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The description that is served, against the routes, the records, and the server. */
@Timeout(60)
final class OpenApiTest {
    private static final String WRITE = "etherbay.openapi.write";

    @TempDir
    private Path folder;

    private ApiLab lab;

    @BeforeEach
    void start() {
        lab = new ApiLab(folder);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    /** With {@code -Detherbay.openapi.write=FILE} it is written anew, to be looked at and kept. */
    @Test
    void theDescriptionIsWhatRoutesAndRecordsSay() throws IOException {
        String made = JsonPrinter.print(OpenApiDocument.of(new Routes(lab.parts()).table()));
        String write = System.getProperty(WRITE, "");
        if (!write.isEmpty()) {
            Files.writeString(Path.of(write), made);
        }
        String served = lab.unix("GET", "/api/v1/openapi.json", "").text();
        assertThat(served).isEqualTo(made);
    }

    @Test
    void everyRouteStandsInItAndEveryPathOfItIsARoute() throws IOException {
        List<String> described = new ArrayList<>();
        paths().forEach((path, operations) -> ((Map<?, ?>) operations)
                .keySet()
                .forEach(method ->
                        described.add(method.toString().toUpperCase(Locale.ROOT) + " " + path)));
        List<String> routes = new Routes(lab.parts())
                .table().stream()
                        .map(route -> route.method() + " " + route.path())
                        .toList();
        assertThat(described).containsExactlyInAnyOrderElementsOf(routes).hasSizeGreaterThan(25);
    }

    private Map<?, ?> document() throws IOException {
        String text = lab.unix("GET", "/api/v1/openapi.json", "").text();
        return (Map<?, ?>) Documents.read(text, "openapi.json");
    }

    private Map<?, ?> paths() throws IOException {
        return (Map<?, ?>) document().get("paths");
    }

    /** Each operation with the examples of its parameters and body; its answer fits its schema. */
    @Test
    void everyExampleRuns() throws IOException {
        lab.node().parts = Reports.healthy()
                .mirrors(Reports.mirror(
                        "vm1",
                        Reports.progress("check", 10, 1000),
                        Reports.leg("e1.0", "in sync", "a"),
                        Reports.leg("e2.0", "in sync", "b")));
        lab.parts().watch().look(); // the check is task t1
        lab.registerGuestTasks();
        JsonSchema schemas = new JsonSchema(
                (Map<?, ?>) ((Map<?, ?>) document().get("components")).get("schemas"));
        for (Map.Entry<?, ?> path : paths().entrySet()) {
            for (Map.Entry<?, ?> operation : ((Map<?, ?>) path.getValue()).entrySet()) {
                boolean isForNodesAlone = path.getKey().toString().startsWith("/api/v1/peer/");
                if (!path.getKey().equals("/api/v1/stream") && !isForNodesAlone) {
                    run(
                            schemas,
                            operation.getKey().toString().toUpperCase(Locale.ROOT),
                            path.getKey().toString(),
                            (Map<?, ?>) operation.getValue());
                }
            }
        }
    }

    private void run(JsonSchema schemas, String method, String template, Map<?, ?> operation)
            throws IOException {
        StringBuilder query = new StringBuilder();
        String path = template;
        for (Object one : (List<?>) operation.get("parameters")) {
            Map<?, ?> parameter = (Map<?, ?>) one;
            String example = String.valueOf(parameter.get("example"));
            if (parameter.get("in").equals("path")) {
                path = path.replace("{name}", example);
            } else if (parameter.get("in").equals("query")) {
                query.append(query.isEmpty() ? '?' : '&')
                        .append(parameter.get("name"))
                        .append('=')
                        .append(example);
            }
        }
        RawAnswer answer = lab.unix(method, path + query, exampleBody(operation));
        assertThat(answer.status()).as("%s %s: %s", method, path, answer.text()).isEqualTo(200);
        Map<?, ?> ok = (Map<?, ?>) ((Map<?, ?>) operation.get("responses")).get("200");
        Map<?, ?> content = (Map<?, ?>) ok.get("content");
        String type = answer.header("Content-Type").replaceFirst(";.*", "");
        assertThat(content.containsKey(type)).as("%s of %s", type, path).isTrue();
        if (type.equals("application/json")) {
            Map<?, ?> schema = (Map<?, ?>) ((Map<?, ?>) content.get(type)).get("schema");
            Object read = Documents.read(answer.text(), path);
            assertThat(schemas.complaint(schema, read, path)).isEmpty();
        }
    }

    private static String exampleBody(Map<?, ?> operation) {
        if (!(operation.get("requestBody") instanceof Map<?, ?> body)) {
            return "";
        }
        Map<?, ?> content = (Map<?, ?>) body.get("content");
        Object example = ((Map<?, ?>) content.values().iterator().next()).get("example");
        return example instanceof String text ? text : Documents.json(example);
    }
}
