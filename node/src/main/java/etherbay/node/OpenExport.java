// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.EthernetPort;
import etherbay.base.Loop;
import etherbay.linux.Disk;
import etherbay.linux.Linux;
import etherbay.linux.LinuxIdler;
import etherbay.target.Export;
import etherbay.target.ExportRecords;
import etherbay.target.ExportState;
import etherbay.target.FileStateStore;
import etherbay.target.StateWriter;
import etherbay.target.WriteLog;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * An export with all that was opened for it: its state, locked and durable before the first frame,
 * and its backing. Made before the loop runs.
 *
 * @param ports where it is to be served
 */
record OpenExport(
        ExportSpec spec,
        Export export,
        FileStateStore store,
        BlockDevice backing,
        List<EthernetPort> ports)
        implements AutoCloseable {

    /** What every export of a node shares. */
    record Shared(
            Loop loop,
            LinuxIdler idler,
            Counters counters,
            Path stateFolder,
            StateWriter stateWriter,
            @Nullable WriteLog writeLog,
            LongSupplier random) {}

    static OpenExport open(ExportSpec spec, List<EthernetPort> ports, Shared shared) {
        BlockDevice backing = Backing.open(spec, shared.loop(), shared.idler(), shared.counters());
        @Nullable FileStateStore store = null;
        boolean opened = false;
        try {
            store = FileStateStore.open(
                    shared.stateFolder(),
                    spec.name(),
                    shared.stateWriter(),
                    shared.loop().mailbox());
            ExportState state = ExportState.opened(
                    store.load(),
                    Linux.bootId(),
                    BackingIdentity.of(spec, Disk.isBlockDevice(spec.path())),
                    shared.random());
            store.write(state);
            Export export = new Export(
                    shared.loop(),
                    shared.counters(),
                    spec.settings(),
                    backing,
                    new ExportRecords(state, store, shared.writeLog(), shared.random()));
            opened = true;
            return new OpenExport(spec, export, store, backing, List.copyOf(ports));
        } finally {
            if (!opened) {
                backing.close();
                if (store != null) {
                    store.close();
                }
            }
        }
    }

    /** After the loop has ended, or before it began. */
    @Override
    public void close() {
        backing.close();
        store.close();
    }
}
