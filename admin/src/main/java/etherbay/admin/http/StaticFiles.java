// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.AuditLog;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

/**
 * The console's files from the class path, and those few of its libraries that it uses. Only names
 * of plain words are looked for, so no path leads anywhere else. What was found once stays in
 * memory, packed as well; there are some dozens.
 */
final class StaticFiles {
    private static final String CONSOLE = "etherbay/console/";
    private static final String WEBJARS = "META-INF/resources/webjars/";
    private static final Pattern NAME = Pattern.compile(
            "([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}/){0,3}[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}");

    /** By the last part of {@code lib/NAME}: the jar, and where in it. */
    private static final Map<String, String[]> LIBRARIES = Map.of(
            "preact.module.js", new String[] {"preact", "dist/preact.module.js"},
            "preact.min.module.js", new String[] {"preact", "dist/preact.min.module.js"},
            "uPlot.esm.js", new String[] {"uplot", "dist/uPlot.esm.js"},
            "uPlot.iife.min.js", new String[] {"uplot", "dist/uPlot.iife.min.js"},
            "uPlot.min.css", new String[] {"uplot", "dist/uPlot.min.css"});

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "mjs", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "svg", "image/svg+xml",
            "png", "image/png",
            "ico", "image/x-icon",
            "json", "application/json",
            "woff2", "font/woff2");

    private final ClassLoader loader;
    private final Map<String, StaticFile> found = new ConcurrentHashMap<>();

    /** A file as it goes out. */
    @SuppressWarnings("ArrayRecordComponent") // never compared, its digest is
    record StaticFile(String contentType, byte[] plain, byte[] packed, String digest) {
        /** A strong one: other bytes, another tag. */
        String tag(boolean isPacked) {
            return "\"" + digest + (isPacked ? "-gz\"" : "\"");
        }
    }

    StaticFiles(ClassLoader loader) {
        this.loader = loader;
    }

    /** The file of a path below {@code /console/}; empty for none. */
    Optional<StaticFile> find(String path) {
        String name = path.isEmpty() ? "index.html" : path;
        if (!NAME.matcher(name).matches() || name.contains("..")) {
            return Optional.empty();
        }
        StaticFile known = found.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<StaticFile> read = resource(name).flatMap(resource -> read(resource, name));
        read.ifPresent(file -> found.put(name, file));
        return read;
    }

    private Optional<String> resource(String name) {
        if (!name.startsWith("lib/")) {
            return Optional.of(CONSOLE + name);
        }
        String[] place = LIBRARIES.get(name.substring("lib/".length()));
        return place == null
                ? Optional.empty()
                : Optional.of(WEBJARS + place[0] + "/" + version(place[0]) + "/" + place[1]);
    }

    private String version(String jar) {
        String properties = "META-INF/maven/org.webjars.npm/" + jar + "/pom.properties";
        try (InputStream in = loader.getResourceAsStream(properties)) {
            Properties read = new Properties();
            if (in != null) {
                read.load(in);
            }
            return read.getProperty("version", "none");
        } catch (IOException failure) {
            throw new UncheckedIOException("a jar of the class path", failure);
        }
    }

    private Optional<StaticFile> read(String resource, String name) {
        String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
        try (InputStream in = loader.getResourceAsStream(resource)) {
            if (in == null || type == null) {
                return Optional.empty();
            }
            byte[] plain = in.readAllBytes();
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
                out.write(plain);
            }
            String digest = AuditLog.digest(new String(plain, StandardCharsets.ISO_8859_1));
            return Optional.of(
                    new StaticFile(type, plain, packed.toByteArray(), digest.substring(0, 32)));
        } catch (IOException failure) {
            throw new UncheckedIOException("a jar of the class path", failure);
        }
    }
}
