// SPDX-License-Identifier: Apache-2.0
package etherbay.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class KernelModulesTest {
    @TempDir
    Path folder;

    @BeforeEach
    void modules() throws IOException {
        Files.writeString(folder.resolve("modules.builtin"), "kernel/fs/ext4/ext4.ko\n");
        module("virtio_net", "depends=net_failover,virtio", "softdep=pre: virtio-pci post: x");
        module("net-failover", "depends=failover");
        module("failover", "depends=");
        module("virtio", "depends=");
        module("virtio-pci", "depends=virtio");
        module("x", "depends=");
    }

    private void module(String name, String... info) throws IOException {
        String image = "\u007fELF\0" + String.join("\0", info) + "\0license=GPL\0";
        Path parent = Files.createDirectories(folder.resolve("kernel/drivers/" + name));
        Files.write(parent.resolve(name + ".ko"), image.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void aModuleComesAfterAllThatItNeeds() {
        assertThat(new KernelModules(folder).loadOrder(List.of("virtio-net")).keySet())
                .containsExactly("failover", "net_failover", "virtio", "virtio_pci", "virtio_net");
    }

    @Test
    void whatTwoModulesNeedIsLoadedOnce() {
        assertThat(new KernelModules(folder)
                        .loadOrder(List.of("virtio_pci", "virtio_net"))
                        .keySet())
                .containsExactly("virtio", "virtio_pci", "failover", "net_failover", "virtio_net");
    }

    @Test
    void aBuiltInModuleIsThereButNotLoaded() {
        KernelModules modules = new KernelModules(folder);
        assertThat(modules.has("ext4")).isTrue();
        assertThat(modules.loadOrder(List.of("ext4"))).isEmpty();
    }

    @Test
    void aModuleThatTheKernelLacksIsNamed() {
        KernelModules modules = new KernelModules(folder);
        assertThat(modules.has("aoe")).isFalse();
        assertThatThrownBy(() -> modules.loadOrder(List.of("aoe")))
                .isInstanceOf(EtherbayException.class)
                .hasMessageContaining("no module aoe");
    }
}
