// SPDX-License-Identifier: Apache-2.0
package etherbay.node.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.base.Prng;
import etherbay.sim.Property;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What was applied, over crashes at any step, versions and disks that are full. */
final class AppliedStoreTest {
    @TempDir
    private Path folder;

    private static AppliedStore store(SimFolder files) {
        return new AppliedStore(files, Path.of("/state"));
    }

    private static Applied next(Applied now, Prng prng) {
        return new Applied(now.generation() + 1, "# change\n".repeat(prng.between(0, 300)));
    }

    /** Some changes, the last of which meets a crash. */
    private static void changeUntilTheCrash(SimFolder files, Prng prng) {
        Applied now = store(files).load();
        for (int round = prng.between(1, 4); round > 0; round--) {
            Applied wanted = next(now, prng);
            files.crashAfter(round == 1 ? prng.between(0, 3) : Integer.MAX_VALUE);
            boolean answered = false;
            try {
                store(files).save(now, wanted);
                answered = true;
            } catch (SimFolder.Crash crash) {
                files.restart();
            }
            Applied found = store(files).load();
            if (answered) {
                assertThat(found).isEqualTo(wanted);
            } else {
                assertThat(found).isIn(now, wanted);
            }
            now = found;
        }
    }

    @Test
    void aCrashAtAnyStepLeavesTheFormerOneOrTheNewOne() {
        Property.check("crashes of a change", 1000, (prng, size) -> prng.nextLong(), seed -> {
            Prng prng = new Prng(seed);
            SimFolder files = new SimFolder(prng.fork());
            for (int crash = 0; crash < 4; crash++) {
                changeUntilTheCrash(files, prng);
            }
        });
    }

    /** Else the test above would find nothing. */
    @Test
    void aStoreThatForgetsToSyncIsFound() {
        int torn = 0;
        for (long seed = 0; seed < 100; seed++) {
            Prng prng = new Prng(seed);
            SimFolder files = new SimFolder(prng.fork());
            files.neverSyncs();
            try {
                changeUntilTheCrash(files, prng);
                changeUntilTheCrash(files, prng);
            } catch (AssertionError | EtherbayException found) {
                torn++;
            }
        }
        assertThat(torn).isPositive();
    }

    @Test
    void whatCannotBeWrittenLeavesTheFormerOneInForce() {
        SimFolder files = new SimFolder(new Prng(1));
        Applied first = new Applied(1, "a = 1\n");
        store(files).save(Applied.NOTHING, first);
        files.fails(true);
        assertThatThrownBy(() -> store(files).save(first, new Applied(2, "a = 2\n")))
                .isInstanceOfSatisfying(
                        EtherbayException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.ENVIRONMENT))
                .hasMessageContaining("/state/applied.toml cannot be written");
        files.fails(false);
        assertThat(store(files).load()).isEqualTo(first);
    }

    @Test
    void theFileHasItsVersionAndGenerationInItsFirstLine() throws IOException {
        Path state = folder.resolve("state");
        AppliedStore store = AppliedStore.in(state);
        assertThat(store.load()).isEqualTo(Applied.NOTHING);
        Applied applied = new Applied(17, "[[disk]]\naddress = \"e1.0\"\n");
        store.save(Applied.NOTHING, applied);
        assertThat(Files.readString(state.resolve("applied.toml")))
                .isEqualTo("# etherbay applied 1 generation 17\n" + applied.text());
        assertThat(AppliedStore.in(state).load()).isEqualTo(applied);
        assertThat(state.resolve("applied.toml.new")).doesNotExist();
    }

    @Test
    void oneVersionOlderIsReadANewerOneIsRefusedWithWhatToDo() {
        String written = new Applied(3, "x = 1\n").encode();
        assertThat(Applied.decode(written, "f", Applied.VERSION + 1))
                .isEqualTo(new Applied(3, "x = 1\n"));
        assertThatThrownBy(() -> Applied.decode(written, "f", Applied.VERSION + 2))
                .hasMessageContaining("f has version 1, and this etherbay reads 2 and 3");
        assertThatThrownBy(() ->
                        Applied.decode("# etherbay applied 2 generation 5\n", "f", Applied.VERSION))
                .isInstanceOfSatisfying(EtherbayException.class, refused -> {
                    assertThat(refused.getMessage())
                            .isEqualTo("f has version 2, and this etherbay reads up to 1");
                    assertThat(refused.correction()).contains("export-config", "apply -f");
                });
        for (String damaged : new String[] {"", "x = 1\n", "# etherbay applied 1\n", "\0\0\0"}) {
            assertThatThrownBy(() -> Applied.decode(damaged, "f", Applied.VERSION))
                    .hasMessage("f cannot be used");
        }
    }
}
