// SPDX-License-Identifier: Apache-2.0
package etherbay.node.trace;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The capture files of a node that are open, each once, whatever names its exports call it by. Any
 * thread; one lock, held while a file is opened or closed.
 */
final class TraceFiles {
    /** @param userCount exports that write there; the last one closes it */
    private record Open(Path place, PcapFile file, int userCount) {
        Open with(int users) {
            return new Open(place, file, users);
        }
    }

    private final long fileBytesMax;
    private final Map<Path, Open> files = new HashMap<>();

    TraceFiles(long fileBytesMax) {
        this.fileBytesMax = fileBytesMax;
    }

    /** The file of that name for one more export. */
    synchronized PcapFile use(Path path) {
        Path place = place(path);
        Open known = files.get(place);
        if (known == null) {
            PcapFile opened = PcapFile.open(place, fileBytesMax);
            files.put(place, new Open(place, opened, 1));
            return opened;
        }
        String failure = known.file().failure();
        if (failure != null) {
            throw new EtherbayException(
                    ErrorCode.UNAVAILABLE,
                    "the trace file " + path + " takes no frames any more",
                    "tracing into it failed: " + failure,
                    "switch trace-io off for all exports that use it, then on again");
        }
        files.put(place, known.with(known.userCount() + 1));
        return known.file();
    }

    /** Links followed, as far as there is something. */
    private static Path place(Path path) {
        Path absolute = path.toAbsolutePath().normalize();
        try {
            if (Files.exists(absolute)) {
                return absolute.toRealPath();
            }
            Path folder = absolute.getParent();
            return folder == null || !Files.isDirectory(folder)
                    ? absolute
                    : folder.toRealPath().resolve(absolute.getFileName());
        } catch (IOException unreadable) {
            return absolute; // what is wrong shows when it is opened
        }
    }

    /** One export less; on the thread that owns the files. */
    synchronized void release(PcapFile file) {
        @Nullable Open found = null;
        for (Open open : files.values()) {
            if (open.file() == file) {
                found = open;
            }
        }
        if (found == null) {
            throw new AssertionError("a trace file is released as often as it is used");
        }
        if (found.userCount() == 1) {
            files.remove(found.place());
            file.close();
        } else {
            files.put(found.place(), found.with(found.userCount() - 1));
        }
    }

    /** Writes what all of them have taken; on the thread that owns the files. */
    synchronized void flush() {
        files.values().forEach(open -> open.file().flush());
    }
}
