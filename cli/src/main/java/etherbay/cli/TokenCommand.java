// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.Documents;
import etherbay.admin.Role;
import etherbay.admin.http.Tokens;
import etherbay.node.ApiSpec;
import etherbay.node.StateFolder;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code etherbay token}: who may ask the daemon over TCP. A file is changed; nobody is asked. */
@Command(
        name = "token",
        description = {
            "Who may ask this machine's daemon over TCP: make a token, list them, take one away.",
            "The daemon reads the file anew when it changes."
        },
        mixinStandardHelpOptions = true,
        subcommands = {
            TokenCommand.Create.class,
            TokenCommand.ListAll.class,
            TokenCommand.Remove.class
        })
final class TokenCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before run()
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** Which file. */
    static final class FileOptions {
        @Option(
                names = "--state",
                paramLabel = "DIR",
                description = "the daemon's state folder, in which the tokens are")
        private @Nullable Path state;

        @Option(
                names = "--tokens",
                paramLabel = "FILE",
                description = "the file of the tokens, where the settings name another")
        private @Nullable Path file;

        Tokens open() {
            return new Tokens(file != null ? file : ApiSpec.tokensIn(StateFolder.orDefault(state)));
        }
    }

    /** Making. */
    @Command(
            name = "create",
            description = {
                "Make a token and print it, once: it is kept nowhere, only its digest is. One of",
                "the same name ends."
            },
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Create implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before run()
        private CommandSpec spec;

        @Parameters(
                index = "0",
                paramLabel = "NAME",
                description = "whose: stands in the audit log")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Option(
                names = "--role",
                required = true,
                paramLabel = "ROLE",
                description = "viewer: sees; operator: acts on what is there; admin: changes it")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private Role role;

        @Mixin
        private FileOptions file = new FileOptions();

        @Override
        public void run() {
            PrintWriter out = spec.commandLine().getOut();
            out.println(file.open().create(name, role));
            out.flush();
        }
    }

    /** The list. */
    @Command(
            name = "list",
            description = "Print who has a token, and for which role; the tokens are kept nowhere.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class ListAll implements Runnable {
        @Spec
        @SuppressWarnings("NullAway.Init") // picocli sets it before run()
        private CommandSpec spec;

        @Mixin
        private FileOptions file = new FileOptions();

        @Option(names = "--json", description = "print one JSON document")
        private boolean json;

        @Override
        public void run() {
            PrintWriter out = spec.commandLine().getOut();
            List<Tokens.Holder> holders = file.open().holders();
            if (json) {
                out.println(Documents.json(holders.stream().map(ListAll::object).toList()));
            } else {
                Columns columns = new Columns("NAME", "ROLE");
                holders.forEach(
                        holder -> columns.row(holder.name(), holder.role().word()));
                columns.print(out);
            }
            out.flush();
        }

        private static Map<String, Object> object(Tokens.Holder holder) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("name", holder.name());
            object.put("role", holder.role().word());
            return object;
        }
    }

    /** Taking away. */
    @Command(
            name = "remove",
            description = "Take a token away; requests with it are refused from now on.",
            mixinStandardHelpOptions = true,
            sortOptions = false)
    static final class Remove implements Runnable {
        @Parameters(index = "0", paramLabel = "NAME", description = "whose")
        @SuppressWarnings("NullAway.Init") // required by picocli
        private String name;

        @Mixin
        private FileOptions file = new FileOptions();

        @Override
        public void run() {
            file.open().remove(name);
        }
    }
}
