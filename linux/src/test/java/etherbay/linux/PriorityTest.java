// SPDX-License-Identifier: Apache-2.0
package etherbay.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;

final class PriorityTest {
    private static final int SCHED_OTHER = 0;

    @Test
    void aThreadThatGivesWayIsNicerThanTheOthersOfItsProcess() throws Exception {
        CompletableFuture<Integer> before = new CompletableFuture<>();
        CompletableFuture<Integer> after = new CompletableFuture<>();
        CompletableFuture<Integer> heir = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            before.complete(niceness());
            Linux.giveWay();
            after.complete(niceness());
            Thread.ofPlatform().start(() -> heir.complete(niceness()));
        });
        int own = niceness();
        assertThat(before.get()).isEqualTo(own);
        assertThat(after.get()).isEqualTo(10).isGreaterThan(own);
        assertThat(heir.get()).isEqualTo(10);
        assertThat(niceness()).isEqualTo(own);
    }

    @Test
    void aThreadThatGivesWayMoreThanThatAlreadyKeepsItsNiceness() throws Exception {
        int own = niceness();
        CompletableFuture<Integer> after = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            Libc.setpriority(Constants.PRIO_PROCESS, 0, 15);
            Linux.giveWay();
            after.complete(niceness());
        });
        assertThat(after.get()).isEqualTo(Math.max(15, own));
    }

    @Test
    void aThreadThatComesSoonHasAShortSliceAndTheNicenessOfBefore() throws Exception {
        CompletableFuture<Long> slice = new CompletableFuture<>();
        CompletableFuture<Integer> after = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            Libc.setpriority(Constants.PRIO_PROCESS, 0, 5);
            Linux.comeSoon();
            slice.complete(Slice.ns());
            after.complete(niceness());
        });
        assertThat(after.get()).isEqualTo(5);
        if (policy() == SCHED_OTHER) { // others, such as of `chrt -i`, have no slices of their own
            // One that kernels before 6.12 do not keep.
            assertThat(slice.get()).isIn(0L, 100_000L);
        }
        assertThat(Slice.ns()).isNotEqualTo(100_000);
    }

    @Test
    void compilersGiveWayAndTheOtherThreadsStayAsTheyAre() throws IOException {
        int own = niceness();
        List<Integer> compilers = CompilerThreads.ids();
        assertThat(compilers).as("a JVM that compiles has threads for it").isNotEmpty();
        Linux.compilersGiveWay();
        for (int thread : compilers) {
            Path stat = Path.of("/proc/self/task/" + thread + "/stat");
            assertThat(field(Files.readString(stat), 16)).isEqualTo(Math.max(10, own));
        }
        assertThat(niceness()).isEqualTo(own);
    }

    /** Of the calling thread: proc_pid_stat(5), the 17th field behind the name in brackets. */
    private static int niceness() {
        return field(16);
    }

    private static int policy() {
        return field(38);
    }

    private static int field(int behindTheName) {
        try {
            return field(Files.readString(Path.of("/proc/thread-self/stat")), behindTheName);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static int field(String stat, int behindTheName) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return Integer.parseInt(fields[behindTheName]);
    }
}
