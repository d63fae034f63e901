// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Documents;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What an endpoint answers. */
sealed interface Reply {
    /** All of it at once; the array is never changed. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Whole(int status, String contentType, byte[] body, Map<String, String> headers)
            implements Reply {}

    /** Written as it comes; what fails before the first byte is still an error of its own. */
    record Written(String contentType, Writer writer) implements Reply {}

    /** The connection becomes one of the stream's. */
    record Streamed() implements Reply {}

    /** Writes a body. */
    @FunctionalInterface
    interface Writer {
        void writeTo(OutputStream out) throws IOException;
    }

    static Whole json(Object value) {
        return json(200, value);
    }

    static Whole json(int status, Object value) {
        return new Whole(status, "application/json", Documents.bytes(value), Map.of());
    }

    static Whole text(String contentType, String text) {
        return new Whole(200, contentType, text.getBytes(StandardCharsets.UTF_8), Map.of());
    }
}
