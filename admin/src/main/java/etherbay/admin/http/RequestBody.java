// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Promise;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The body of a request, whole, bounded in size and time. */
final class RequestBody {
    private RequestBody() {}

    /**
     * Reads it, blocking.
     *
     * @throws HttpException.RuntimeException 413 for one that is too large, as soon as that is
     *     known; 408 for one that comes too slowly
     * @throws IOException when the caller went away
     */
    static byte[] read(Request request) throws IOException {
        if (request.getLength() > ApiLimits.BODY_BYTES_MAX) {
            throw new HttpException.RuntimeException(413);
        }
        CompletableFuture<byte[]> body = new CompletableFuture<>();
        Content.Source.asByteArrayAsync(
                request, ApiLimits.BODY_BYTES_MAX, Promise.Invocable.toPromise(body));
        try {
            return body.get(ApiLimits.BODY_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException slow) {
            throw new HttpException.RuntimeException(408);
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof IllegalStateException) {
                throw new HttpException.RuntimeException(413);
            }
            throw new IOException("the body ended before its end", failure.getCause());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the request is not answered",
                    "the server stops",
                    "ask again when it runs");
        }
    }
}
