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
import java.util.Optional;

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
    void whatItWasMadeOfOutlivesTheProcessToo() {
        DeviceTerms terms = new DeviceTerms(0xd6d, 4096);
        try (DeviceRecord first = DeviceRecord.open(folder, "e1.0")) {
            assertThat(first.terms()).isEmpty();
            assertThat(first.data()).isEmpty();
            first.moved(7);
            first.making(terms, Optional.of("serial 1 incarnation a"));
            assertThat(folder.resolve("device-e1.0")).content().contains("index none\n");
            first.moved(0);
            first.seen("serial 1 incarnation b");
        }
        try (DeviceRecord again = DeviceRecord.open(folder, "e1.0")) {
            assertThat(again.terms()).contains(terms);
            assertThat(again.data()).contains("serial 1 incarnation b");
            again.making(terms, Optional.empty());
        }
        try (DeviceRecord other = DeviceRecord.open(folder, "e1.0")) {
            assertThat(other.data()).as("another device's").isEmpty();
            assertThat(folder.resolve("device-e1.0"))
                    .hasContent("identifier " + other.identifier()
                            + "\nindex none\nflags 3437 block 4096\n");
        }
    }

    @Test
    void aDeviceGoesOnOnlyWithTheDataThatItHad() {
        DeviceSettings settings = DeviceSettings.of("e1.0", folder, folder, "");
        Optional<String> before = Optional.of("incarnation a");
        KernelDevice.requireWhole(settings, before, before);
        KernelDevice.requireWhole(settings, Optional.empty(), before);
        assertThatThrownBy(() ->
                        KernelDevice.requireWhole(settings, before, Optional.of("incarnation b")))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.CONFLICT);
                    assertThat(refused.toText())
                            .contains(
                                    "may be lost",
                                    "incarnation a",
                                    "incarnation b",
                                    "--force e1.0");
                });
        assertThatThrownBy(() -> KernelDevice.requireWhole(settings, before, Optional.empty()))
                .isInstanceOf(EtherbayException.class);
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
        for (String broken : new String[] {
            "",
            "identifier x\nindex 1\n",
            "\0",
            "identifier etherbay x/1\nindex 1\nflags 1\n",
            "identifier etherbay x/1\nindex 1\nmore\n"
        }) {
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
