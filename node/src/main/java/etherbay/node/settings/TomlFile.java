// SPDX-License-Identifier: Apache-2.0
package etherbay.node.settings;

import org.tomlj.Toml;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlVersion;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * Text to TOML 1.0 by tomlj, whatever the text. The library stumbles over some that are none:
 * version 2.2.0 over two control characters in a comment within braces. What it throws then is no
 * bug of ours and says nothing to a person, so the line is looked for at which it begins to.
 */
final class TomlFile {
    private static final String SEE = "see docs/etherbay.toml for how it looks";

    private TomlFile() {}

    /** Empty for what is no TOML; then that is noted with its positions. */
    static Optional<TomlParseResult> parse(String text, Problems problems) {
        Optional<TomlParseResult> toml = tried(text);
        if (toml.isEmpty()) {
            problems.add(
                    TomlPosition.positionAt(stumblingLine(text), 1),
                    "this line makes no sense where it stands",
                    "it has an odd character, or what was opened before it is not closed",
                    SEE);
            return toml;
        }
        for (TomlParseError error : toml.get().errors()) {
            problems.add(
                    error.position(),
                    String.valueOf(error.getMessage()),
                    "the file is no TOML from there on",
                    SEE);
        }
        return toml.filter(parsed -> !parsed.hasErrors());
    }

    /** Empty where the library throws; a task is what keeps that apart from a bug of ours. */
    private static Optional<TomlParseResult> tried(String text) {
        FutureTask<TomlParseResult> task =
                new FutureTask<>(() -> Toml.parse(text, TomlVersion.V1_0_0));
        task.run();
        if (task.state() == Future.State.SUCCESS) {
            return Optional.of(task.resultNow());
        }
        if (task.exceptionNow() instanceof OutOfMemoryError full) {
            throw full;
        }
        return Optional.empty();
    }

    /** From 1: the text up to the line before it is taken, right or wrong, with it no more. */
    private static int stumblingLine(String text) {
        List<Integer> ends = new ArrayList<>();
        for (int at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
            ends.add(at + 1);
        }
        ends.add(text.length());
        int taken = 0;
        int stumbled = ends.size();
        while (stumbled - taken > 1) {
            int middle = (taken + stumbled) >>> 1;
            if (tried(text.substring(0, ends.get(middle - 1))).isPresent()) {
                taken = middle;
            } else {
                stumbled = middle;
            }
        }
        return stumbled;
    }
}
