// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.admin.Documents;
import etherbay.base.EtherbayException;
import etherbay.guest.keeper.GuestRecord;
import etherbay.guest.keeper.Phase;
import etherbay.guest.keeper.Wanted;
import etherbay.guest.machine.GuestBoot;
import etherbay.guest.machine.GuestDisk;
import etherbay.guest.machine.GuestNic;
import etherbay.guest.machine.GuestSpec;
import etherbay.guest.machine.Hypervisor;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

final class GuestFilesTest {
    @TempDir
    private Path folder;

    private final List<String> said = new ArrayList<>();

    private static GuestRecord record(String name) {
        GuestSpec spec = new GuestSpec(
                name,
                "5f1a2b3c-0000-4000-8000-000000000001",
                "pc-q35-7.2",
                "max",
                2,
                1024,
                new GuestDisk("vm", List.of("e0.0", "e1.0"), List.of("eth1")),
                List.of(new GuestNic("bridge:br0", "52:54:00:01:02:03")),
                new GuestBoot("/boot/k", "/boot/i", "console=ttyS0", ""),
                true);
        return new GuestRecord(spec, 7, Phase.HANDED, Wanted.PAUSED, "node2", "m1");
    }

    private GuestFiles files() {
        return new GuestFiles(folder, said::add);
    }

    @Test
    void whatIsSavedIsThereAgain() {
        files().save(record("b"));
        files().save(record("a"));
        assertThat(files().load()).containsExactly(record("a"), record("b"));
        files().delete("a");
        files().delete("a");
        assertThat(files().load()).containsExactly(record("b"));
        assertThat(said).isEmpty();
    }

    @Test
    void aDamagedFileIsSetAsideAndSaid() throws IOException {
        files().save(record("a"));
        files().save(record("b"));
        Files.writeString(folder.resolve("a.json"), "{\"version\":1,");
        Files.copy(folder.resolve("b.json"), folder.resolve("c.json"));
        Files.writeString(
                folder.resolve("d.json"),
                Files.readString(folder.resolve("b.json"))
                        .replace("\"version\":1", "\"version\":2"));
        assertThat(files().load()).containsExactly(record("b"));
        assertThat(said).hasSize(3).allMatch(line -> line.contains(".damaged"));
        assertThat(said).anyMatch(line -> line.contains("version 2"));
        assertThat(folder.resolve("c.json.damaged")).exists();
        said.clear();
        assertThat(files().load()).containsExactly(record("b"));
        assertThat(said).isEmpty();
    }

    @Test
    void whatANodeSendsIsCheckedAsAPersonsWordsAre() {
        String good = Documents.json(GuestForm.of(record("a")));
        assertThat(GuestForm.read(good, "it")).isEqualTo(record("a"));
        refused(good.replace("\"name\":\"a\"", "\"name\":\"../a\""), "is no name for a guest");
        refused(good.replace("\"HANDED\"", "\"SOLD\""), "no word for how a guest is");
        refused(good.replace("bridge:br0", "bridge:a,b"), "nothing a network card goes into");
        refused(good.replace("1024", "1"), "no 1 MiB of memory");
    }

    private static void refused(String text, String message) {
        assertThatThrownBy(() -> GuestForm.read(text, "it"))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining(message);
    }

    @Test
    void anOrderIsReadInItsOwnWords() {
        GuestOrder order = GuestOrder.of(
                Map.of("name", "web", "legs", "e0.0, e1.0", "net", "user,bridge:br0", "cpus", "3"));
        assertThat(order.legs()).containsExactly("e0.0", "e1.0");
        GuestSpec spec = order.spec(
                new GuestDisk("web", order.legs(), order.interfaces()),
                new Hypervisor.Abilities(
                        "qemu", "7.2", "tcg", "pc-q35-7.2", List.of(), List.of(), "max", 1, 1));
        assertThat(spec.cpuCount()).isEqualTo(3);
        assertThat(spec.memoryMib()).isEqualTo(512);
        assertThat(spec.cpu()).isEqualTo("max");
        assertThat(spec.nics()).extracting(GuestNic::plug).containsExactly("user", "bridge:br0");
        assertThatThrownBy(() -> GuestOrder.of(Map.of("name", "web", "colour", "red")))
                .hasMessageContaining("no option `colour`");
        assertThatThrownBy(() -> GuestOrder.of(Map.of("name", "Web!")))
                .hasMessageContaining("no name for a guest");
    }
}
