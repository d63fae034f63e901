// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.base.EtherbayException;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

import java.io.IOException;
import java.io.OutputStream;

/**
 * An answer that is written as it comes. Its head goes out with the first byte, so what fails
 * before is an error as any other; what fails later cuts the connection, which tells the caller
 * that the body is not whole.
 */
final class WrittenReply {
    private final Request request;
    private final Response response;
    private final Callback callback;

    WrittenReply(Request request, Response response, Callback callback) {
        this.request = request;
        this.response = response;
        this.callback = callback;
    }

    void write(Reply.Written reply) {
        Late out = new Late(reply.contentType());
        try {
            reply.writer().writeTo(out);
            out.begin();
            response.write(true, null, callback);
        } catch (EtherbayException failure) {
            if (out.hasBegun) {
                callback.failed(failure);
            } else {
                ApiHandler.write(request, response, callback, Failures.reply(failure));
            }
        } catch (IOException gone) {
            callback.failed(gone);
        }
    }

    /** Begins when there is something to write. */
    private final class Late extends OutputStream {
        private final OutputStream out = Content.Sink.asOutputStream(response);
        private final String contentType;
        private boolean hasBegun;

        Late(String contentType) {
            this.contentType = contentType;
        }

        void begin() {
            if (!hasBegun) {
                hasBegun = true;
                response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
            }
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            begin();
            out.write(bytes, offset, length);
        }
    }
}
