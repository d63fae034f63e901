// SPDX-License-Identifier: Apache-2.0
package etherbay.node.volume;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** By a sysfs as kernels lay it out. */
final class DeviceMapperTest {
    @TempDir
    private Path folder;

    private DeviceMapper mapper;
    private Path disk;

    @BeforeEach
    void layOut() throws IOException {
        mapper = new DeviceMapper(folder.resolve("sys"));
        disk = Files.createFile(folder.resolve("loop7")).toRealPath();
        Files.createDirectories(folder.resolve("sys/class/block/loop7/holders"));
    }

    @Test
    void aDiskThatNothingIsBuiltOnHasNoUser() {
        assertThat(mapper.userOf(disk)).isEmpty();
        assertThat(mapper.userOf(folder.resolve("nowhere"))).isEmpty();
    }

    @Test
    void aDiskBelowDeviceMapperHasOne() throws IOException {
        Files.createDirectories(folder.resolve("sys/class/block/loop7/holders/dm-3"));
        assertThat(mapper.userOf(disk)).contains("dm-3");
    }

    @Test
    void aFileBehindALoopDeviceBelowDeviceMapperHasOneToo() throws IOException {
        Path file = Files.createFile(folder.resolve("pv.img")).toRealPath();
        Path loop = Files.createDirectories(folder.resolve("sys/block/loop9/loop"));
        Files.writeString(loop.resolve("backing_file"), file + "\n");
        assertThat(mapper.userOf(file)).isEmpty();
        Files.createDirectories(folder.resolve("sys/class/block/loop9/holders/dm-0"));
        assertThat(mapper.userOf(file)).contains("dm-0");
    }

    @Test
    void aVolumeOfTheKernelsIsKnownByItsUuid() throws IOException {
        Path dm = Files.createDirectories(folder.resolve("sys/class/block/dm-1/dm"));
        Files.writeString(dm.resolve("uuid"), "LVM-abc\n");
        assertThat(mapper.isVolume("dm-1")).isTrue();
        assertThat(mapper.isVolume("loop7")).isFalse();
    }
}
