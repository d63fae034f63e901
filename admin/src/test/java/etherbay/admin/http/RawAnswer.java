// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** An answer as it came over the wire, its body unchunked. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record RawAnswer(int status, List<String> headers, byte[] body) {
    String text() {
        return new String(body, StandardCharsets.UTF_8);
    }

    /** The value of a header, nothing when it is not there. */
    String header(String name) {
        return headers.stream()
                .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse("");
    }

    /** Takes a whole answer apart; status 0 for none. */
    static RawAnswer parse(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return new RawAnswer(0, List.of(), bytes);
        }
        List<String> lines = List.of(text.substring(0, end).split("\r\n"));
        RawAnswer head = new RawAnswer(
                Integer.parseInt(lines.getFirst().split(" ", 3)[1]), lines, new byte[0]);
        String body = text.substring(end + 4);
        String plain = head.header("Transfer-Encoding").equals("chunked") ? unchunked(body) : body;
        return new RawAnswer(head.status(), lines, plain.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String unchunked(String body) {
        StringBuilder plain = new StringBuilder();
        int at = 0;
        while (at < body.length()) {
            int line = body.indexOf("\r\n", at);
            int length = Integer.parseInt(body.substring(at, line), 16);
            plain.append(body, line + 2, line + 2 + length);
            at = line + 2 + length + 2;
        }
        return plain.toString();
    }
}
