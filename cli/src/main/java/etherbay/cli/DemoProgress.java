// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import org.jspecify.annotations.Nullable;

import java.io.Console;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;

/**
 * Says which step runs: on a terminal one line that counts its seconds and vanishes at the end,
 * elsewhere a line per step and per thing that it says meanwhile. One thread; on a terminal a
 * second one draws.
 */
final class DemoProgress {
    private static final Duration REDRAW_INTERVAL = Duration.ofMillis(500);
    private static final String ERASE_LINE = "\r\u001b[K"; // ECMA-48 8.3.41, EL

    private final PrintWriter err;
    private final boolean terminal;
    private final int stepCount;
    private int step;
    private volatile String said = "";
    private @Nullable Thread drawer;

    DemoProgress(PrintWriter err, boolean terminal, int stepCount) {
        this.err = err;
        this.terminal = terminal;
        this.stepCount = stepCount;
    }

    /** Whether a person watches: both standard input and output are a terminal. */
    static boolean onTerminal() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    }

    void begin(String title) {
        step++;
        said = "";
        String line = "demo %d/%d: %s".formatted(step, stepCount, title);
        if (terminal) {
            drawer = Thread.startVirtualThread(() -> draw(line));
        } else {
            err.println(line);
            err.flush();
        }
    }

    /** What the step does now, in a few words. */
    void say(String words) {
        said = ": " + words.strip();
        if (!terminal) {
            err.println("  " + words.strip());
            err.flush();
        }
    }

    void end() {
        Thread drawing = drawer;
        if (drawing == null) {
            return;
        }
        drawer = null;
        drawing.interrupt();
        boolean interrupted = Thread.interrupted(); // of this thread: the wait below is short
        try {
            drawing.join(REDRAW_INTERVAL);
        } catch (InterruptedException again) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        err.print(ERASE_LINE);
        err.flush();
    }

    private void draw(String line) {
        long startNs = System.nanoTime();
        try {
            while (true) {
                long seconds = Duration.ofNanos(System.nanoTime() - startNs).toSeconds();
                err.print(ERASE_LINE + line + " (" + seconds + " s)" + said);
                err.flush();
                Thread.sleep(REDRAW_INTERVAL);
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }
}
