// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Programs of the system that end by themselves. */
final class Program {
    private Program() {}

    /** What the program says; an error when it fails. */
    static String run(String... command) {
        return run(List.of(command));
    }

    static String run(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exitCode = process.waitFor();
            if (exitCode != 0) {
                throw failed(command, "it ended with " + exitCode + ": " + said.strip());
            }
            return said;
        } catch (IOException notThere) {
            throw failed(command, String.valueOf(notThere.getMessage()));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw failed(command, "interrupted");
        }
    }

    /** The same, but a program that fails or is not there says nothing. */
    static String tryRun(String... command) {
        try {
            return run(command);
        } catch (EtherbayException unavailable) {
            return "";
        }
    }

    private static EtherbayException failed(List<String> command, String why) {
        return new EtherbayException(
                ErrorCode.ENVIRONMENT,
                "`" + String.join(" ", command) + "` failed",
                why,
                "run the bench as root on a machine with iproute2 and the program named");
    }
}
