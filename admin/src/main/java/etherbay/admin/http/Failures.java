// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.eclipse.jetty.http.HttpStatus;

/** Errors as HTTP has them: the one table from kinds to status, and the document of an error. */
final class Failures {
    private Failures() {}

    /** The JSON of an error. */
    public record Failure(String code, String message, String cause, String correction) {}

    static int status(ErrorCode code) {
        return switch (code) {
            case USAGE, INVALID -> 400;
            case NOT_FOUND -> 404;
            case CONFLICT -> 409;
            case DENIED -> 403;
            case DEVIATES -> 422;
            case UNAVAILABLE, ENVIRONMENT -> 503;
            case INTERNAL -> 500;
        };
    }

    static Reply.Whole reply(EtherbayException failure) {
        return Reply.json(
                status(failure.code()),
                new Failure(
                        failure.code().name(),
                        String.valueOf(failure.getMessage()),
                        failure.why(),
                        failure.correction()));
    }

    /** An error that HTTP has and we have no kind for. */
    static Reply.Whole reply(int status, ErrorCode code, String message, String... why) {
        return Reply.json(status, new Failure(code.name(), message, why[0], why[1]));
    }

    /** What the server itself refuses: a header that is too long, a path that is none. */
    static Reply.Whole reply(int status) {
        String name = HttpStatus.getMessage(status);
        if (status >= 500) {
            return reply(
                    status,
                    ErrorCode.INTERNAL,
                    "the request met an error of Etherbay itself",
                    name,
                    "report it, with what journalctl -u etherbay shows of this minute");
        }
        return reply(
                status,
                ErrorCode.INVALID,
                "the request is none that is answered here",
                name,
                "see what can be asked: GET /api/v1/openapi.json");
    }
}
