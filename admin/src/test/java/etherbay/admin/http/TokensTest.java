// SPDX-License-Identifier: Apache-2.0
package etherbay.admin.http;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.admin.AuditLog;
import etherbay.admin.Role;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file of tokens, as people write it too. */
final class TokensTest {
    @TempDir
    private Path folder;

    private Path file() {
        return folder.resolve("tokens");
    }

    @ParameterizedTest
    @ValueSource(strings = {"eva admin %s", "eva\tadmin\t%s", "  eva   ADMIN  %s  "})
    void aTokenThatIsTakenOutOrReplacedIsNoneHoweverItsLineWasWritten(String line)
            throws IOException {
        String written = line.formatted(AuditLog.digest("eb_old")) + "\n# eva is on leave\n";
        Files.writeString(file(), written);
        Tokens tokens = new Tokens(file());
        assertThat(tokens.find("eb_old")).isPresent();
        tokens.remove("eva");
        assertThat(tokens.find("eb_old")).isEmpty();
        assertThat(file()).hasContent("# eva is on leave");

        Files.writeString(file(), written);
        String fresh = tokens.create("eva", Role.VIEWER);
        assertThat(tokens.find("eb_old")).isEmpty();
        assertThat(tokens.find(fresh)).isPresent();
    }

    @Test
    void aNameThatBeginsAlikeIsAnother() {
        Tokens tokens = new Tokens(file());
        String longer = tokens.create("eva-2", Role.VIEWER);
        tokens.create("eva", Role.VIEWER);
        tokens.remove("eva");
        assertThat(tokens.find(longer)).isPresent();
    }
}
