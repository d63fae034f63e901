// SPDX-License-Identifier: Apache-2.0
package etherbay.node;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where durable state lies when nobody says where: the system's folder for root, else the user's.
 */
public final class StateFolder {
    private StateFolder() {}

    /**
     * @param user the name of the user who runs this
     * @param environment the process's environment
     * @param home the user's home folder
     */
    public static Path defaultPath(String user, Map<String, String> environment, Path home) {
        if (user.equals("root")) {
            return Path.of("/var/lib/etherbay");
        }
        String xdg = environment.getOrDefault("XDG_STATE_HOME", "");
        Path states = xdg.isEmpty() ? home.resolve(".local/state") : Path.of(xdg);
        return states.resolve("etherbay");
    }

    /** The same for this process. */
    public static Path defaultPath() {
        return defaultPath(
                System.getProperty("user.name", ""),
                System.getenv(),
                Path.of(System.getProperty("user.home", ".")));
    }

    /** The folder that a person named, or the one of this process. */
    public static Path orDefault(@Nullable Path named) {
        return named == null ? defaultPath() : named;
    }
}
