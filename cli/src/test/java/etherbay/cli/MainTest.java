// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;

import picocli.CommandLine;
import picocli.CommandLine.Command;

import java.io.PrintWriter;
import java.io.StringWriter;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void versionPrintsANumberAndTheJavaThatRuns() {
        assertThat(execute("--version")).isZero();
        assertThat(out.toString()).matches("(?s)etherbay \\d+\\.\\d+\\.\\d+.*\nJava 2\\d.*");
    }

    @Test
    void commitStandsBehindTheVersionWhereItIsKnown() {
        assertThat(Version.text("abc1234")).matches("\\d+\\.\\d+\\.\\d+ \\(abc1234\\)");
        assertThat(Version.text("")).matches("\\d+\\.\\d+\\.\\d+");
    }

    @Test
    void helpNamesTheProgram() {
        assertThat(execute("help")).isZero();
        assertThat(out.toString()).contains("Usage: etherbay");
    }

    @Test
    void anUnknownVerbIsAUsageErrorInThreeLines() {
        assertThat(execute("exprot")).isEqualTo(2);
        assertThat(err.toString().lines())
                .hasSize(3)
                .first()
                .asString()
                .startsWith("etherbay: ")
                .contains("exprot");
    }

    @Test
    void aVerbThatIsNamedIsTheOnlyOneLookedAt() {
        assertThat(Main.verbsFor("stat", "--long")).containsExactly(StatCommand.class);
        assertThat(Main.verbsFor("--version")).isEmpty();
        assertThat(Main.verbsFor("exprot"))
                .isEqualTo(Main.verbsFor())
                .isEqualTo(Main.verbsFor("help", "stat"))
                .hasSizeGreaterThan(20);
    }

    @Test
    void noCommandAtAllIsAUsageError() {
        assertThat(execute()).isEqualTo(2);
        assertThat(err.toString()).contains("No command given").contains("etherbay --help");
    }

    @Test
    void anErrorOfAVerbIsPrintedAndItsKindIsTheExitCode() {
        CommandLine command = commandLine(new Failing());
        assertThat(command.execute("failing")).isEqualTo(6);
        assertThat(err.toString().lines())
                .containsExactly("etherbay: taken", "  why: by another", "  do: take another");
    }

    @Test
    void aBugIsSaidToBeOneWithoutAStackTrace() {
        CommandLine command = commandLine(new Buggy());
        assertThat(command.execute("buggy")).isEqualTo(70);
        assertThat(err.toString()).contains("a bug of Etherbay's").contains("Buggy.run");
        assertThat(err.toString().lines()).hasSize(3);
    }

    private int execute(String... arguments) {
        return commandLine().execute(arguments);
    }

    private CommandLine commandLine(Object... verbs) {
        CommandLine command = Main.commandLine();
        for (Object verb : verbs) {
            command.addSubcommand(verb);
        }
        return Main.reportingErrors(command)
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err));
    }

    @Command(name = "failing")
    private static final class Failing implements Runnable {
        @Override
        public void run() {
            throw new EtherbayException(ErrorCode.CONFLICT, "taken", "by another", "take another");
        }
    }

    @Command(name = "buggy")
    private static final class Buggy implements Runnable {
        @Override
        public void run() {
            throw new IllegalStateException("unforeseen");
        }
    }
}
