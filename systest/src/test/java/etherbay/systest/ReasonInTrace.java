// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Shows why and what to do, not only what, when a test ends with an {@link EtherbayException}. */
final class ReasonInTrace implements TestExecutionExceptionHandler {
    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure)
            throws Throwable {
        if (failure instanceof EtherbayException reason) {
            throw new AssertionError(reason.toText(), reason);
        }
        throw failure;
    }
}
