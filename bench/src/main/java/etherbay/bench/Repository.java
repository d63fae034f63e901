// SPDX-License-Identifier: Apache-2.0
package etherbay.bench;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.jspecify.annotations.Nullable;

import java.nio.file.Files;
import java.nio.file.Path;

/** The checkout that the bench runs in; the launcher lies at its root. */
final class Repository {
    private Repository() {}

    /** Where a run makes its folder: as a person chose, else where builds are. */
    static Path place(String chosen) {
        return chosen.isEmpty() ? root().resolve(".build") : Path.of(chosen);
    }

    /** As {@code ./dev} says it, else the nearest folder upwards that has the launcher. */
    static Path root() {
        Path start = Path.of(System.getProperty("etherbay.home", "")).toAbsolutePath();
        for (@Nullable Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.isExecutable(folder.resolve("etherbay"))) {
                return folder;
            }
        }
        throw new EtherbayException(
                ErrorCode.NOT_FOUND,
                "no ./etherbay above " + start,
                "the bench starts the target with it",
                "run ./dev bench in the project's folder");
    }
}
