// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import picocli.CommandLine.IVersionProvider;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/**
 * What {@code etherbay --version} prints. The version comes from the build (a filtered resource),
 * the commit from the launcher, which knows the tree it runs from (property
 * {@code etherbay.commit}, absent where there is no git).
 */
final class Version implements IVersionProvider {
    private static final String RESOURCE = "version.properties";

    @Override
    public String[] getVersion() {
        return new String[] {
            "etherbay " + text(System.getProperty("etherbay.commit", "")),
            "Java %s on %s %s"
                    .formatted(
                            Runtime.version(),
                            System.getProperty("os.name"),
                            System.getProperty("os.arch"))
        };
    }

    /** Version and, where known, commit. */
    static String text(String commit) {
        String version = released();
        return commit.isEmpty() ? version : version + " (" + commit + ")";
    }

    private static String released() {
        Properties properties = new Properties();
        try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is missing from the build");
            }
            properties.load(in);
        } catch (IOException cause) {
            throw new UncheckedIOException(cause);
        }
        return properties.getProperty("version", "unknown");
    }
}
