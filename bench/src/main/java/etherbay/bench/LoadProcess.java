// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

/**
 * A load generator in a process of its own at the initiator's end of a {@link Lab}; stays warm over
 * many runs.
 */
final class LoadProcess implements AutoCloseable {
    private final Child child;

    private LoadProcess(Child child) {
        this.child = child;
    }

    static LoadProcess start(Cleanup cleanup, Lab lab) {
        return start(cleanup, lab, Lab.INTERFACE);
    }

    /** The same at another interface of the load's namespace. */
    static LoadProcess start(Cleanup cleanup, Lab lab, String interfaceName) {
        Child child = Child.start(
                cleanup,
                "the load generator",
                lab.atInitiator(Processes.self("load", interfaceName, "--serve")));
        return new LoadProcess(child);
    }

    /** Runs it and waits; a run that could not take place is an error. */
    LoadResult run(Workload workload) {
        begin(workload);
        return end(workload);
    }

    /** Begins a run that goes on while the caller does other things; {@link #end} waits. */
    void begin(Workload workload) {
        child.tell(WorkloadOptions.toLine(workload));
    }

    LoadResult end(Workload workload) {
        LoadResult result = LoadResult.parse(child.hear());
        if (!result.ok()) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "no load on " + workload.target(),
                    result.failure(),
                    "see what the target said above");
        }
        return result;
    }

    /** CPU time of the generator. */
    long cpuNs() {
        return child.cpuNs();
    }

    @Override
    public void close() {
        child.close();
    }
}
