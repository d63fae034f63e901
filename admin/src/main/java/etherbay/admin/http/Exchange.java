// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Body;
import etherbay.admin.Caller;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.util.Fields;

import java.util.List;
import java.util.Map;

/**
 * A request that was let in: who asks, for what, with what.
 *
 * @param names of the path
 * @param query of the address
 * @param body whole; empty where none was sent
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Exchange(
        Caller caller,
        Map<String, String> names,
        Fields query,
        HttpFields headers,
        byte[] body,
        Note note) {

    /** What the endpoint of a change tells the audit log about it. */
    static final class Note {
        private String before = "";
        private String after = "";

        void before(String text) {
            before = text;
        }

        void after(String text) {
            after = text;
        }

        String before() {
            return before;
        }

        String after() {
            return after;
        }
    }

    String name() {
        return names.getOrDefault("name", "");
    }

    Body json(String... known) {
        return Body.read(body, known);
    }

    String text() {
        return Body.utf8(body);
    }

    /** A number of the query; INVALID when it is none, or lies outside. */
    long number(String key, long otherwise, long max) {
        return (long) decimal(key, (double) otherwise, (double) max);
    }

    double decimal(String key, double otherwise, double max) {
        String text = query.getValue(key);
        if (text == null) {
            return otherwise;
        }
        try {
            double value = Double.parseDouble(text);
            if (value >= 0 && value <= max) {
                return value;
            }
        } catch (NumberFormatException noNumber) {
            // said below
        }
        throw new EtherbayException(
                ErrorCode.INVALID,
                "%s is not a number that is taken here: %s"
                        .formatted(key, EtherbayException.shown(cut(text))),
                "it lies between 0 and %.0f".formatted(max),
                "write such as %s=%.0f".formatted(key, otherwise));
    }

    /** Refuses parameters of the query that nobody reads. */
    void checkQuery(List<String> known) {
        for (String key : query.getNames()) {
            if (!known.contains(key)) {
                throw new EtherbayException(
                        ErrorCode.INVALID,
                        "there is no parameter " + EtherbayException.shown(cut(key)) + " here",
                        known.isEmpty() ? "none is taken" : "known: " + String.join(", ", known),
                        "leave it out");
            }
        }
    }

    private static String cut(String text) {
        return text.substring(0, Math.min(64, text.length()));
    }
}
