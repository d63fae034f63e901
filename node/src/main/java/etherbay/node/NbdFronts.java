// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import etherbay.base.BlockDevice;
import etherbay.base.Counters;
import etherbay.base.Loop;
import etherbay.linux.KeptSockets;
import etherbay.nbd.NbdAddress;
import etherbay.nbd.NbdExport;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How a daemon offers what it holds over NBD: on sockets that outlive it where its service manager
 * keeps them. A socket of a file then stays for as long as it {@linkplain #dropAllBut is wanted},
 * whether anything is served there or not. Any threads.
 *
 * @param counters get what all of them count
 */
public record NbdFronts(Counters counters, KeptSockets sockets) {
    /** As {@link NbdFront#serve}. @throws EtherbayException where it cannot */
    public NbdFront serve(
            Loop loop, BlockDevice device, String description, NbdFront.Options options) {
        NbdExport export = new NbdExport(options.name(), description, device, options.readOnly());
        return NbdFront.serve(loop, export, options, counters, sockets);
    }

    /** Refuses who waits at an address, or comes, until something is served there. */
    public void drop(NbdAddress address) {
        if (address instanceof NbdAddress.Unix(Path path)) {
            sockets.drop(path);
        }
    }

    /** The same for all but these. */
    public void dropAllBut(List<NbdAddress> wanted) {
        Set<Path> paths = new HashSet<>();
        for (NbdAddress address : wanted) {
            if (address instanceof NbdAddress.Unix(Path path)) {
                paths.add(path);
            }
        }
        sockets.dropAllBut(paths);
    }
}
