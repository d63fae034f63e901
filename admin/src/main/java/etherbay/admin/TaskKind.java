// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import etherbay.base.EtherbayException;

/**
 * A kind of long operation, registered once in {@link Tasks} before {@link Tasks#resume}. One
 * instance runs all tasks of the kind, each on a thread of its own.
 */
public interface TaskKind {
    /** {@code volume-copy}: stands in the task and its file. */
    String name();

    /**
     * Does the work of one task, from its beginning or from what {@link TaskRun#saved} says, to its
     * end. Returning is success.
     *
     * @throws InterruptedException when it was cancelled, or the process ends: then it is run anew
     *     after the next start, if it {@link #resumes}
     * @throws EtherbayException why it failed
     */
    void run(TaskRun run) throws InterruptedException;

    /** Whether a task that a restart interrupted is run again, or has failed. */
    default boolean resumes() {
        return true;
    }

    /** Whether a person may end it. */
    default boolean cancellable() {
        return true;
    }
}
