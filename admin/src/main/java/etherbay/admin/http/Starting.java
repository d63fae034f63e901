// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.eclipse.jetty.server.Server;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Jetty's begin and end, which may throw anything, with our errors. */
final class Starting {
    private Starting() {}

    static void run(Server server, ApiSettings settings) {
        FutureTask<Boolean> start = new FutureTask<>(() -> {
            server.start();
            return true;
        });
        start.run();
        Throwable failure = failure(start);
        if (failure != null) {
            stop(server);
            boolean isTaken = String.valueOf(failure).contains("bind");
            throw new EtherbayException(
                    isTaken ? ErrorCode.CONFLICT : ErrorCode.ENVIRONMENT,
                    "the API cannot listen on %s%s"
                            .formatted(
                                    settings.socket(),
                                    settings.tcp().map(tcp -> " and " + tcp).orElse("")),
                    String.valueOf(failure.getMessage()),
                    isTaken
                            ? "see who listens there: ss -ltnp"
                            : "check the folder's rights and the certificate");
        }
    }

    static void stop(Server server) {
        FutureTask<Boolean> stop = new FutureTask<>(() -> {
            server.stop();
            return true;
        });
        stop.run(); // what it could not end ends with the process
    }

    private static @Nullable Throwable failure(FutureTask<Boolean> task) {
        try {
            task.get();
            return null;
        } catch (ExecutionException failure) {
            return failure.getCause();
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return stop;
        }
    }
}
