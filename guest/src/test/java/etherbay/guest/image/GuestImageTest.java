// SPDX-License-Identifier: Apache-2.0
package etherbay.guest.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import java.nio.file.Path;

class GuestImageTest {
    @Test
    void aSourceIsAPathACloudImageOrARelease() {
        assertThat(ImageSource.of("/a/b.qcow2"))
                .isEqualTo(new ImageSource.Copied(Path.of("/a/b.qcow2")));
        assertThat(ImageSource.of("cloud:b")).isEqualTo(new ImageSource.Cloud(Path.of("b")));
        assertThat(ImageSource.of("debootstrap:bookworm"))
                .isEqualTo(new ImageSource.Debian("bookworm"));
        assertThatThrownBy(() -> ImageSource.of("debootstrap:--hook=x"))
                .isInstanceOf(EtherbayException.class);
    }

    @Test
    void aDestinationIsWrittenAsQemuReadsIt() {
        assertThat(ImageDestination.nbd(Path.of("/run/a b/s"), 5).name())
                .isEqualTo("nbd+unix:///?socket=/run/a%20b/s");
    }

    @Test
    void anImageThatNamesAnotherFileIsNotWhole() {
        String whole = "{\"virtual-size\": 67108864, \"format\": \"qcow2\","
                + " \"format-specific\": {\"data\": {\"compat\": \"1.1\"}}}";
        assertThat(ImageCopy.parse(whole)).isEqualTo(new ImageCopy.Info("qcow2", 67108864, true));
        assertThat(ImageCopy.parse(whole.replace("compat", "data-file")).whole())
                .isFalse();
        assertThat(ImageCopy.parse(whole.replaceFirst("\\{", "{\"backing-filename\": \"/x\","))
                        .whole())
                .isFalse();
    }

    @Test
    void progressIsTheLastOfWhatQemuImgSays() {
        assertThat(ImageCopy.percent("    (0.00/100%)\r    (57.81/100%)\r")).isEqualTo(57);
        assertThat(ImageCopy.percent("    (100.00/100%)\r    (57.81")).isEqualTo(100);
        assertThat(ImageCopy.percent("")).isZero();
    }

    @Test
    void aSeedSaysWhoMayLogIn() {
        assertThat(CloudSeed.userData("h", new Login("ssh-rsa A b", "pa\"ss")))
                .startsWith("#cloud-config\n{\"hostname\":\"h\"")
                .contains("\"growpart\":", "[\"ssh-rsa A b\"]", "\"password\":\"pa\\\"ss\"");
        assertThat(CloudSeed.userData("h", Login.NOBODY)).doesNotContain("password", "ssh_");
        assertThat(CloudSeed.metaData("h", "i")).contains("\"instance-id\":\"i\"");
        assertThatThrownBy(() -> new Login("a\nb", "")).isInstanceOf(EtherbayException.class);
    }

    @Test
    void thePartitionTableHasOnePartitionToStartFrom() {
        byte[] table = DebianImage.table(0x00112233);
        assertThat(table).hasSize(66).endsWith((byte) 0x55, (byte) 0xAA);
        assertThat(table)
                .startsWith(
                        (byte) 0x80,
                        (byte) 0xFE,
                        (byte) 0xFF,
                        (byte) 0xFF,
                        (byte) 0x83,
                        (byte) 0xFE,
                        (byte) 0xFF,
                        (byte) 0xFF,
                        (byte) 0,
                        (byte) 8,
                        (byte) 0,
                        (byte) 0,
                        (byte) 0x33,
                        (byte) 0x22,
                        (byte) 0x11,
                        (byte) 0);
    }
}
