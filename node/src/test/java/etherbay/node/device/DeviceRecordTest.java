// SPDX-License-Identifier: Apache-2.0
package etherbay.node.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a restarted process finds its device by. */
final class DeviceRecordTest {
    @TempDir
    Path folder;

    @Test
    void theIdentifierOutlivesItsProcessAndIsNobodyElses() {
        assertThat(DeviceRecord.identifier(folder, "e1.0")).isEmpty();
        String identifier;
        try (DeviceRecord first = DeviceRecord.open(folder, "e1.0")) {
            identifier = first.identifier();
            first.moved(3);
        }
        assertThat(identifier).startsWith("etherbay e1.0/");
        try (DeviceRecord again = DeviceRecord.open(folder, "e1.0");
                DeviceRecord other = DeviceRecord.open(folder.resolve("other"), "e1.0")) {
            assertThat(again.identifier()).isEqualTo(identifier);
            assertThat(other.identifier()).isNotEqualTo(identifier);
        }
        assertThat(DeviceRecord.identifier(folder, "e1.0")).contains(identifier);
        assertThat(folder.resolve("device-e1.0"))
                .hasContent("identifier " + identifier + "\nindex 3\n");
    }

    @Test
    void oneProcessLooksAfterADevice() {
        try (DeviceRecord first = DeviceRecord.open(folder, "e1.0")) {
            assertThat(first.identifier()).isNotEmpty();
            assertRefused(ErrorCode.CONFLICT);
        }
        DeviceRecord.open(folder, "e1.0").close();
    }

    /** A fresh identifier in place of a lost one would leave a device behind that nobody finds. */
    @Test
    void aBrokenFileIsNotTakenForNone() throws IOException {
        for (String broken : new String[] {"", "identifier x\nindex 1\n", "\0"}) {
            Files.writeString(folder.resolve("device-e1.0"), broken);
            assertRefused(ErrorCode.INVALID);
        }
        Files.delete(folder.resolve("device-e1.0"));
        DeviceRecord.open(folder, "e1.0").close(); // the lock was given back each time
    }

    private void assertRefused(ErrorCode code) {
        assertThatThrownBy(() -> DeviceRecord.open(folder, "e1.0"))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(code));
    }

    @Test
    void aNameIsOneThatFitsIntoAFileAndALink() {
        for (String name : new String[] {"e1.0", "a", "0", "vm-disk_1.raw", "x".repeat(64)}) {
            assertThat(DeviceSettings.isName(name)).as(name).isTrue();
        }
        for (String name : new String[] {"", ".", "..", ".x", "a/b", "a b", "x".repeat(65), "é"}) {
            assertThat(DeviceSettings.isName(name)).as(name).isFalse();
        }
        assertThatThrownBy(() -> DeviceSettings.of("../x", folder, folder, ""))
                .isInstanceOf(EtherbayException.class);
        assertThat(DeviceSettings.of("e1.0", folder, folder, "").deadSeconds()).isEqualTo(600);
    }
}
