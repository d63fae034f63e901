// SPDX-License-Identifier: Apache-2.0
package etherbay.systest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One page of {@code docs/runbooks.md}, whose commands are run as they stand there: only places are
 * those of a {@link MirrorLab}. What the page tells a person to run, and nothing else, changes how
 * things are.
 */
final class Runbook {
    private static final String FENCE = "```";
    private static final Duration TIMEOUT = Duration.ofMinutes(2);

    private final Path folder;
    private final MirrorLab lab;

    /** First words and lines of each block that is to be run. */
    private final List<List<String>> blocks = new ArrayList<>();

    private int ran;

    private Runbook(MirrorLab lab, Path folder) {
        this.lab = lab;
        this.folder = folder;
    }

    /** The page under that heading. */
    static Runbook open(String heading, MirrorLab lab, Path folder) throws IOException {
        Runbook page = new Runbook(lab, folder);
        Path file = AoeServer.Repository.root().resolve("docs").resolve("runbooks.md");
        boolean inPage = false;
        List<String> block = null;
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith("## ")) {
                inPage = line.equals("## " + heading);
            } else if (inPage && line.startsWith(FENCE)) {
                boolean begins = block == null && line.startsWith(FENCE + "sh");
                block = begins ? new ArrayList<>(List.of(line.substring(FENCE.length()))) : null;
                if (begins) {
                    page.blocks.add(block);
                }
            } else if (block != null) {
                block.add(line);
            }
        }
        assertThat(page.blocks).as("commands under " + heading).isNotEmpty();
        return page;
    }

    /**
     * Runs the next block, command by command; each must end with 0.
     *
     * @param kind that the block has on the page: {@code sh storage}
     * @return what the last one printed
     */
    String run(String kind) {
        String printed = "";
        for (List<String> command : next(kind)) {
            printed = Tool.check(command);
        }
        return printed;
    }

    /** Runs the next block, whose last command lasts. @return that one, when it has said so */
    Daemon runAndHold(String kind, String said) {
        List<List<String>> commands = next(kind);
        for (List<String> command : commands.subList(0, commands.size() - 1)) {
            Tool.check(command);
        }
        return Daemon.start(commands.getLast()).awaitLog(said, TIMEOUT);
    }

    /** The next block, whose only command is to end otherwise than with 0. */
    Tool.Outcome runRefused(String kind) {
        List<List<String>> commands = next(kind);
        assertThat(commands).hasSize(1);
        return Tool.run(commands.getFirst(), TIMEOUT);
    }

    /** The lines of the next block, for whoever runs them elsewhere. */
    List<String> lines(String kind) {
        assertThat(ran).as("blocks on the page").isLessThan(blocks.size());
        List<String> block = blocks.get(ran++);
        assertThat(block.getFirst()).isEqualTo(kind);
        return block.subList(1, block.size());
    }

    /** Nothing on the page is left out. */
    void assertAllRun() {
        assertThat(ran).as("blocks that were run").isEqualTo(blocks.size());
    }

    private List<List<String>> next(String kind) {
        return lines(kind).stream().map(this::command).toList();
    }

    private List<String> command(String line) {
        List<String> words = new ArrayList<>();
        for (String word : line.split(" ", -1)) {
            words.add(
                    word.equals("eth1")
                            ? "unix:" + lab.segment()
                            : word.replace("unix:/run/", "unix:" + folder + "/")
                                    .replaceFirst("^/srv/", folder + "/"));
        }
        if (words.getFirst().equals("etherbay")) {
            words.set(0, MirrorLab.launcher());
            words.addAll(List.of("--state", folder.resolve(state(words)).toString()));
        }
        return words;
    }

    /** Whose state folder a command works with. */
    private static String state(List<String> words) {
        return switch (words.get(1)) {
            case "export" -> "target" + words.get(2);
            case "state" -> "target" + words.get(3).substring(1, words.get(3).indexOf('.'));
            default -> words.contains("--take-over") ? "second" : "state";
        };
    }
}
