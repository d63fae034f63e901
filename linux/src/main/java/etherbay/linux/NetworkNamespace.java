// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.lang.foreign.Arena;
import java.nio.file.Path;

/** Network namespaces as {@code ip netns} names them, network_namespaces(7). */
public final class NetworkNamespace {
    private static final Path FOLDER = Path.of("/run/netns");

    private NetworkNamespace() {}

    /**
     * Moves the calling platform thread into a namespace, for good: the ports and locks that it
     * opens from now on belong there, and stay there when another thread takes them over. Threads
     * that it starts begin there too.
     *
     * @throws EtherbayException NOT_FOUND, or DENIED without CAP_SYS_ADMIN
     */
    public static void enter(String name) {
        Path path = FOLDER.resolve(name);
        try (Arena arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(path.toString()).address();
            int fd = Libc.open(text, Constants.O_RDONLY | Constants.O_CLOEXEC, 0);
            if (fd < 0) {
                throw new EtherbayException(
                        ErrorCode.NOT_FOUND,
                        "there is no network namespace " + name,
                        path + ": " + Errno.name(-fd),
                        "make it: ip netns add " + name);
            }
            int entered = Libc.setns(fd, Constants.CLONE_NEWNET);
            Libc.close(fd);
            if (entered < 0) {
                throw new EtherbayException(
                        ErrorCode.DENIED,
                        "cannot enter the network namespace " + name,
                        Errno.name(-entered),
                        "run as root");
            }
        }
    }
}
