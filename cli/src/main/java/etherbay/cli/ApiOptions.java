// SPDX-License-Identifier: Apache-2.0
package etherbay.cli;

import etherbay.admin.ApiClient;
import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;
import etherbay.node.ApiSpec;
import etherbay.node.StateFolder;

import org.jspecify.annotations.Nullable;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The options of verbs that ask a daemon: this machine's by its socket, or another by TCP. */
final class ApiOptions {
    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "the daemon's state folder, in which its socket is")
    private @Nullable Path state;

    @Option(
            names = "--node",
            paramLabel = "URL",
            description = "ask that node instead: https://HOST:PORT, with --token-file")
    private @Nullable String node;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "with --node: the file whose first line is our token")
    private @Nullable Path tokenFile;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "with --node: its certificate, or its signer's, in PEM")
    private @Nullable Path certificate;

    /** Who is asked. Nothing is opened yet. */
    ApiClient client() {
        if (node == null) {
            require(tokenFile == null && certificate == null, "--token-file and --ca need --node");
            return ApiClient.unix(ApiSpec.socket(stateFolder()));
        }
        require(state == null, "--state and --node exclude each other");
        Path file = tokenFile;
        if (file == null) {
            throw usage("--node needs --token-file");
        }
        return ApiClient.tcp(uri(node), token(file), Optional.ofNullable(certificate));
    }

    Path stateFolder() {
        return StateFolder.orDefault(state);
    }

    /** Whether the node is another machine's, so that its files are not here. */
    boolean isRemote() {
        return node != null;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw usage(otherwise);
        }
    }

    private static EtherbayException usage(String why) {
        return new EtherbayException(
                ErrorCode.USAGE,
                why,
                "the daemon of this machine is asked over its socket, another over TCP with a"
                        + " token",
                "write --state DIR, or --node https://HOST:PORT --token-file FILE [--ca FILE]");
    }

    private static URI uri(String node) {
        try {
            return new URI(node);
        } catch (URISyntaxException wrong) {
            throw new EtherbayException(
                    ErrorCode.INVALID,
                    "no node is asked at " + EtherbayException.shown(node),
                    String.valueOf(wrong.getReason()),
                    "write --node https://HOST:PORT");
        }
    }

    private static String token(Path file) {
        try {
            List<String> lines = Files.readAllLines(file);
            return lines.isEmpty() ? "" : lines.getFirst().strip();
        } catch (IOException failure) {
            throw new EtherbayException(
                    ErrorCode.NOT_FOUND,
                    "the token file %s cannot be read".formatted(file),
                    String.valueOf(failure.getMessage()),
                    "make a token on the node: etherbay token create NAME --role viewer");
        }
    }
}
