// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The file {@code applied.toml} in the state folder. It is replaced as a whole: a new one is
 * written beside it, synced, renamed over it, and the folder synced. Whoever starts after a crash
 * at any step meets the former one or the new one. Blocking; one thread at a time.
 */
final class AppliedStore {
    private static final Logger LOG = System.getLogger(AppliedStore.class.getName());
    static final String FILE = "applied.toml";
    static final String FRESH = FILE + ".new";

    private final DurableFolder folder;
    private final Path file;

    /**
     * @param folder where it lies
     * @param path of that folder, for people
     */
    AppliedStore(DurableFolder folder, Path path) {
        this.folder = folder;
        file = path.resolve(FILE);
    }

    static AppliedStore in(Path stateFolder) {
        return new AppliedStore(new FileFolder(stateFolder), stateFolder);
    }

    /** What people call the file. */
    String name() {
        return file.toString();
    }

    /**
     * What is in force; nothing when nothing ever was applied.
     *
     * @throws EtherbayException INVALID for a file that cannot be used, see {@link Applied#decode}
     */
    Applied load() {
        try {
            Optional<byte[]> bytes = folder.read(FILE);
            return bytes.map(text -> Applied.decode(
                            new String(text, StandardCharsets.UTF_8), name(), Applied.VERSION))
                    .orElse(Applied.NOTHING);
        } catch (IOException failure) {
            throw unusable("cannot be read", failure);
        }
    }

    /**
     * Puts {@code next} in force; durable when this returns.
     *
     * @param former that is in force, and stays so when this cannot be
     */
    void save(Applied former, Applied next) {
        try {
            replace(next);
        } catch (IOException failure) {
            restore(former);
            throw unusable("cannot be written", failure);
        }
    }

    private void replace(Applied next) throws IOException {
        folder.write(FRESH, next.encode().getBytes(StandardCharsets.UTF_8));
        folder.sync(FRESH);
        folder.rename(FRESH, FILE);
        folder.syncNames();
    }

    /** Where the last step failed the new one may have come into force already. */
    private void restore(Applied former) {
        try {
            Optional<byte[]> now = folder.read(FILE);
            byte[] wanted = former.encode().getBytes(StandardCharsets.UTF_8);
            if (now.isPresent() && !java.util.Arrays.equals(now.get(), wanted)) {
                replace(former);
            }
        } catch (IOException failure) {
            LOG.log(Level.ERROR, file + " may be the new one at the next start: " + failure);
        }
    }

    private EtherbayException unusable(String what, IOException failure) {
        boolean denied = failure instanceof AccessDeniedException;
        return new EtherbayException(
                denied ? ErrorCode.DENIED : ErrorCode.ENVIRONMENT,
                file + " " + what,
                denied ? "this user may not" : String.valueOf(failure.getMessage()),
                "see that the state folder is there, not full, and this user's");
    }
}
