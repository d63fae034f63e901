// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.base.ErrorCode;

import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;

/** A verb that asks a daemon. Runs on the main thread. */
abstract class ApiVerb implements Callable<Integer> {
    /** Looked at, and not as it should be. */
    static final int DEVIATES = ErrorCode.DEVIATES.exitCode();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Mixin
    private ApiOptions api = new ApiOptions();

    /** @return the exit code */
    abstract int ask(ApiClient client);

    @Override
    public final Integer call() {
        try {
            return ask(api.client());
        } finally {
            out().flush();
        }
    }

    final ApiOptions api() {
        return api;
    }

    final PrintWriter out() {
        return spec.commandLine().getOut();
    }

    final PrintWriter err() {
        return spec.commandLine().getErr();
    }

    /** Waits; false when the thread is to end. */
    static boolean pause(Duration duration) {
        try {
            Thread.sleep(duration);
            return true;
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
