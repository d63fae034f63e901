// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.EtherbayException;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/** How requests reach a node. */
interface ApiTransport {
    /** What is asked; {@code contentType} is nothing where no body goes with it. */
    record Request(
            String method,
            String path,
            String contentType,
            String body,
            Map<String, String> headers) {}

    /** What is answered. Closing it ends the connection. */
    interface Response extends AutoCloseable {
        int status();

        /** A header's value, nothing when it is not there. */
        String header(String name);

        InputStream body();

        @Override
        void close() throws IOException;
    }

    /**
     * Sends a request, and returns with the head of the answer.
     *
     * @param bounded whether the whole answer must be there in time, or comes as long as it comes
     */
    Response send(Request request, boolean bounded) throws IOException;

    /** The error for a node that could not be asked. */
    EtherbayException unavailable(IOException cause);
}
