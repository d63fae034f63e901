// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/**
 * What Jetty itself refuses, and errors of ours, as the JSON of every error; nothing else of it.
 */
final class ErrorPages extends ErrorHandler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        ApiHandler.secure(response.getHeaders());
        Reply.Whole reply = Failures.reply(response.getStatus());
        ApiHandler.write(request, response, callback, reply);
        return true;
    }
}
