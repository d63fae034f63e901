// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.admin.Caller;
import etherbay.admin.Role;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One thing that can be asked: a method and a path, in which {@code {name}} stands for a segment.
 *
 * @param role that is needed
 * @param isForNodes whether other nodes may ask for it as well, whatever the role
 * @param object what it is about, for the audit log: {@code mirror {name}}; empty for what is not
 *     written there, since it changes nothing and gives nothing of a disk away
 * @param summary for the description of the API
 * @param answers what its JSON is: a record's class, or null where it is something else
 */
record Route(
        String method,
        String path,
        Role role,
        boolean isForNodes,
        String object,
        String summary,
        Answer answers,
        Endpoint endpoint) {

    /** What an answer is made of, for the description of the API. */
    record Answer(String contentType, Optional<Class<? extends Record>> type, boolean isList) {
        static Answer one(Class<? extends Record> type) {
            return new Answer("application/json", Optional.of(type), false);
        }

        static Answer list(Class<? extends Record> type) {
            return new Answer("application/json", Optional.of(type), true);
        }

        static Answer text(String contentType) {
            return new Answer(contentType, Optional.empty(), false);
        }
    }

    /** Answers one request; an {@code EtherbayException} becomes its error. */
    @FunctionalInterface
    interface Endpoint {
        Reply answer(Exchange exchange) throws IOException;
    }

    /** The same, which other nodes may ask for as well. */
    Route forNodes() {
        return new Route(method, path, role, true, object, summary, answers, endpoint);
    }

    boolean isFor(Caller caller) {
        return caller.role().mayActAs(role) || (isForNodes && caller.isNode());
    }

    boolean isAudited() {
        return !object.isEmpty();
    }

    /** The values of the path's names, when it is this route's; else empty. */
    Optional<Map<String, String>> match(List<String> segments) {
        String[] wanted = path.substring(1).split("/", -1);
        if (wanted.length != segments.size()) {
            return Optional.empty();
        }
        Map<String, String> values = new HashMap<>();
        for (int index = 0; index < wanted.length; index++) {
            String word = wanted[index];
            if (word.startsWith("{")) {
                values.put(word.substring(1, word.length() - 1), segments.get(index));
            } else if (!word.equals(segments.get(index))) {
                return Optional.empty();
            }
        }
        return Optional.of(values);
    }
}
